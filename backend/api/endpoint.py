"""What all views share: callers with scopes, strict inputs, ETags, idempotency."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import cache
from http import HTTPStatus
from typing import Any, ClassVar, Final

from django.db import transaction
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.caller import Caller
from backend.accounts.models import Scope, User
from backend.api.accepted import accepted
from backend.api.models import RememberedAnswer
from backend.api.problems import ProblemError, flatten, invalid

_READING: Final = ("GET", "HEAD", "OPTIONS")
_REMEMBERED: Final = timedelta(days=2)
_KEY_CHARACTERS: Final = 200
_SECRET: Final = ("password", "new_password", "token")
"""Fields whose values no answer repeats."""


class Endpoint(APIView):
    """A view of the API.

    Attributes:
        scope: what a token needs for methods that change something; reading needs `read`.
    """

    scope: ClassVar[Scope] = Scope.MANAGE

    @property
    def caller(self) -> Caller:
        """Who asks."""
        caller = self.request.auth
        assert isinstance(caller, Caller)
        return caller

    @property
    def user(self) -> User:
        """The caller's user."""
        return self.caller.user

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check the caller's scope after authentication."""
        super().initial(request, *args, **kwargs)
        caller = request.auth
        if not isinstance(caller, Caller):
            return
        needed = Scope.READ if request.method in _READING else self.scope
        if not caller.may(needed):
            detail = f"the token lacks the scope {needed.value!r}"
            raise ProblemError(HTTPStatus.FORBIDDEN, detail, code="Scope", fix=f"issue one with {needed.value!r}")


def body_of(request: Request, form: type[serializers.Serializer[Any]], *, partial: bool = False) -> dict[str, Any]:
    """The checked body.

    Raises:
        ProblemError: 422, naming every field that is wrong, with value and fix of the first.
    """
    checked = form(data=request.data, partial=partial, context={"json": True})
    if not checked.is_valid():
        raise _refused("body", checked, checked.errors, request.data)
    values: dict[str, Any] = checked.validated_data
    return values


def query_of(request: Request, form: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    """The checked query parameters; each may stand once.

    Raises:
        ProblemError: 422, naming all that are wrong, with value and fix of the first.
    """
    for name, values in request.query_params.lists():
        if len(values) > 1:
            raise invalid(f"query.{name}", f"query parameter {name} stands {len(values)} times", fix="once")
    given, checked = request.query_params.dict(), _made(form)
    try:
        values_: dict[str, Any] = checked.run_validation(given)
    except serializers.ValidationError as error:
        raise _refused("query", checked, error.detail, given) from None
    return values_


@cache
def _made(form: type[serializers.Serializer[Any]]) -> serializers.Serializer[Any]:
    """A form for queries: made once, since its fields are copied each time; it keeps nothing of what it checks."""
    return form()


def _refused(place: str, checked: serializers.Serializer[Any], found: Any, given: Any) -> ProblemError:
    errors = flatten(found, place)
    first = errors[0]
    path = first["field"].split(".")[1:]
    field = checked.fields.get(path[0]) if path else None
    value = None if path and path[0] in _SECRET else _at(given, path)
    fix = accepted(field) if field is not None else f"an object of {', '.join(checked.fields)}"
    detail = f"{first['field']}: {first['detail']}"
    return ProblemError(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        detail,
        code="Invalid",
        field=first["field"],
        value=value,
        fix=fix,
        errors=errors,
    )


def _at(given: Any, path: Sequence[str]) -> Any:
    """What stands at a place of JSON; None where nothing does."""
    for name in path:
        if isinstance(given, Mapping):
            given = given.get(name)
        elif isinstance(given, list) and name.isdecimal() and int(name) < len(given):
            given = given[int(name)]
        else:
            return None
    return given


def etag(version: object) -> str:
    """The tag of a resource's state."""
    return f'"{version}"'


def check_match(request: Request, version: object) -> None:
    """Refuse a change of something that has changed since the caller saw it.

    Raises:
        ProblemError: 412.
    """
    given = request.headers.get("If-Match")
    if given is None or given.strip() == "*":
        return
    if etag(version) not in [tag.strip() for tag in given.split(",")]:
        raise ProblemError(
            HTTPStatus.PRECONDITION_FAILED,
            "it has changed since you saw it",
            field="header.If-Match",
            value=given,
            fix=f"read it again; its ETag is {etag(version)}",
        )


def tagged(request: Request, document: Any, version: object, status: int = HTTPStatus.OK) -> Response:
    """A resource with its ETag; 304 where the caller has it already."""
    headers = {"ETag": etag(version), "Cache-Control": "private, no-cache"}
    given = [tag.strip() for tag in request.headers.get("If-None-Match", "").split(",")]
    if request.method == "GET" and etag(version) in given:
        return Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(document, status, headers=headers)


def once(request: Request, work: Callable[[], Response], content: str | None = None) -> Response:
    """Do something once for each `Idempotency-Key`: the same request again gets the same answer.

    Args:
        content: digest of the body where it is a file.

    Raises:
        ProblemError: 422 where the key was used for another request.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        with transaction.atomic():
            return work()
    if not 0 < len(key) <= _KEY_CHARACTERS:
        raise invalid("header.Idempotency-Key", f"the key has {len(key)} characters", key, f"1 to {_KEY_CHARACTERS}")
    fingerprint = _fingerprint(request, content)
    caller = request.auth
    assert isinstance(caller, Caller)
    user = caller.user
    with transaction.atomic():
        RememberedAnswer.objects.filter(user=user, created__lt=timezone.now() - _REMEMBERED).delete()
        made, new = RememberedAnswer.objects.get_or_create(user=user, key=key, defaults={"fingerprint": fingerprint})
        if not new:
            return _repeat(made, fingerprint)
        answer = work()
        made.status, made.body = answer.status_code, json.loads(json.dumps(answer.data))
        made.headers = {name: answer[name] for name in ("Location", "ETag") if answer.has_header(name)}
        made.save()
        return answer


def refuse_key(request: Request) -> None:
    """For answers with a secret in them, which cannot be given twice.

    Raises:
        ProblemError: 422 where there is an `Idempotency-Key`.
    """
    key = request.headers.get("Idempotency-Key")
    if key is not None:
        raise invalid("header.Idempotency-Key", "the answer holds a secret, so it is not kept", key, "omit it")


def _repeat(made: RememberedAnswer, fingerprint: str) -> Response:
    if made.fingerprint != fingerprint:
        detail = "this Idempotency-Key was used for another request"
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            detail,
            code="KeyReused",
            field="header.Idempotency-Key",
            value=made.key,
            fix="choose a new one for each thing to be done",
        )
    return Response(made.body, made.status, headers=made.headers)


def _fingerprint(request: Request, content: str | None) -> str:
    body = content or json.dumps(request.data, sort_keys=True, default=str)
    text = f"{request.method} {request.get_full_path()}\n{body}"
    return hashlib.sha256(text.encode()).hexdigest()
