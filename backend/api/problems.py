"""Errors as `application/problem+json` (RFC 9457) that name the field, its value and the likely fix."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from backend.accounts.refusals import (
    AccountError,
    ConflictError,
    CredentialsError,
    SignupClosedError,
    TooOftenError,
)
from backend.clients.service import ServiceDownError, ServiceRefusedError
from backend.jobs.actions import NotOverError
from backend.jobs.networks import InUseError
from backend.jobs.orders import OrderError
from backend.jobs.reports import NoReportError
from backend.jobs.submit import QuotaError
from backend.workspace.accelerators import ParameterError
from backend.workspace.access import NotVisibleError, RoleError
from backend.workspace.names import NameTakenError
from backend.workspace.store import TooLargeError
from contracts.errors import InputError

MEDIA_TYPE: Final = "application/problem+json"
_SHOWN_CHARACTERS: Final = 200


class ProblemError(Exception):
    """Raised by views; becomes a problem answer.

    Args:
        field: the input at fault, such as `body.count`, `query.limit`, `header.If-Match`.
        value: what was given; shown shortened.
        fix: what would be accepted.
    """

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        *,
        code: str = "",
        field: str | None = None,
        value: object = None,
        fix: str | None = None,
        headers: Mapping[str, str] | None = None,
        errors: list[dict[str, str]] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.code = status, detail, code or status.name.title().replace("_", "")
        self.field, self.fix, self.headers, self.errors = field, fix, dict(headers or {}), errors
        self.value = None if value is None else str(value)[:_SHOWN_CHARACTERS]

    def document(self, path: str) -> dict[str, Any]:
        """The answer's body."""
        found = {
            "type": f"urn:proprunn:problem:{self.code}",
            "title": self.status.phrase,
            "status": int(self.status),
            "detail": self.detail,
            "instance": path,
            "code": self.code,
            "field": self.field,
            "value": self.value,
            "fix": self.fix,
            "errors": self.errors,
        }
        return {name: value for name, value in found.items() if value is not None}


def invalid(field: str, detail: str, value: object = None, fix: str | None = None) -> ProblemError:
    """422 for one input."""
    return ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, detail, code="Invalid", field=field, value=value, fix=fix)


def respond(request: HttpRequest, problem: ProblemError) -> HttpResponse:
    """The problem as Django's response."""
    return JsonResponse(
        problem.document(request.path), status=problem.status, headers=problem.headers, content_type=MEDIA_TYPE
    )


def handle(error: Exception, context: Mapping[str, Any]) -> HttpResponseBase | None:
    """For REST framework's views: every error becomes a problem."""
    set_rollback()
    problem = problem_of(error)
    if problem is None:
        return None
    request = context["request"]
    response = Response(problem.document(request.path), int(problem.status), headers=problem.headers)
    response.content_type = MEDIA_TYPE
    return response


def problem_of(error: Exception) -> ProblemError | None:
    """The problem that an exception means; None for bugs."""
    for kind, make in _MEANINGS:
        if isinstance(error, kind):
            return make(error)
    return None


_OF_FRAMEWORK: Final = {
    HTTPStatus.UNAUTHORIZED: ("header.Authorization", "send `Bearer ppn_<key>.<secret>`, or sign in"),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: ("header.Content-Type", "application/json; application/octet-stream for files"),
    HTTPStatus.NOT_ACCEPTABLE: ("header.Accept", "application/json, or leave it out"),
    HTTPStatus.METHOD_NOT_ALLOWED: ("method", "one that the answer's header Allow names"),
}


def _of_framework(error: Any) -> ProblemError:
    status = HTTPStatus(error.status_code)
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else {}
    field, fix = _OF_FRAMEWORK.get(status, (None, None))
    return ProblemError(status, str(error.detail), field=field, fix=fix, headers=headers)


def _of_throttle(error: Any) -> ProblemError:
    wait = max(int(error.wait or 1), 1)
    detail = f"too many requests; wait {wait} s"
    return ProblemError(HTTPStatus.TOO_MANY_REQUESTS, detail, headers={"Retry-After": str(wait)})


def _of_parameters(error: ParameterError) -> ProblemError:
    first = next(iter(error.problems))
    fix = (
        f"{first} {error.fixes[first]}"
        if first in error.fixes
        else "GET /accelerators shows fields and values that work"
    )
    return ProblemError(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        str(error),
        code="Invalid",
        field=f"body.fields.{first}",
        value=error.values.get(first),
        fix=fix,
        errors=[{"field": f"body.fields.{name}", "detail": text} for name, text in error.problems.items()],
    )


def _of_validation(error: exceptions.ValidationError) -> ProblemError:
    found = list(flatten(error.detail, "body"))
    first = found[0] if found else {"field": "body", "detail": "invalid"}
    return ProblemError(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        f"{first['field']}: {first['detail']}",
        code="Invalid",
        field=first["field"],
        errors=found,
    )


def flatten(detail: Any, place: str) -> list[dict[str, str]]:
    """Every entry of a serializer's errors, with its place: `body.networks.0`."""
    if isinstance(detail, Mapping):
        parts = detail.items()
        return [
            entry
            for name, part in parts
            for entry in flatten(part, place if name == "non_field_errors" else f"{place}.{name}")
        ]
    if isinstance(detail, list):
        found: list[dict[str, str]] = []
        for number, part in enumerate(detail):
            found += flatten(part, f"{place}.{number}" if isinstance(part, Mapping | list) else place)
        return found
    return [{"field": place, "detail": str(detail)}]


_MEANINGS: Final[tuple[tuple[type[Exception], Callable[[Any], ProblemError]], ...]] = (
    (ProblemError, lambda error: error),
    (
        NotVisibleError,
        lambda error: ProblemError(HTTPStatus.NOT_FOUND, str(error), field=f"path.{error.what}", value=error.value),
    ),
    (RoleError, lambda error: ProblemError(HTTPStatus.FORBIDDEN, str(error), code="Role")),
    (AccountError, lambda error: invalid(f"body.{error.field}", str(error), error.value, error.fix or None)),
    (SignupClosedError, lambda error: ProblemError(HTTPStatus.FORBIDDEN, str(error), code="SignupClosed")),
    (
        CredentialsError,
        lambda error: ProblemError(
            HTTPStatus.UNAUTHORIZED, str(error), code="Credentials", headers={"WWW-Authenticate": "Bearer"}
        ),
    ),
    (ConflictError, lambda error: ProblemError(HTTPStatus.CONFLICT, str(error), fix=error.fix or None)),
    (
        TooOftenError,
        lambda error: ProblemError(
            HTTPStatus.TOO_MANY_REQUESTS, str(error), code="TooOften", headers={"Retry-After": str(error.wait_s)}
        ),
    ),
    (ParameterError, _of_parameters),
    (
        NameTakenError,
        lambda error: ProblemError(
            HTTPStatus.CONFLICT, str(error), field="body.name", value=error.name, fix="choose another name"
        ),
    ),
    (
        InUseError,
        lambda error: ProblemError(
            HTTPStatus.CONFLICT, str(error), field="path.network", value=error.network, fix=error.fix
        ),
    ),
    (
        NotOverError,
        lambda error: ProblemError(
            HTTPStatus.CONFLICT, str(error), field="path.job", value=error.job, fix="wait or cancel it"
        ),
    ),
    (
        NoReportError,
        lambda error: ProblemError(
            HTTPStatus.CONFLICT, str(error), code="NoReport", field="path.job", value=error.job, fix=error.fix
        ),
    ),
    (OrderError, lambda error: invalid(f"body.{error.field}", str(error), error.value, error.fix or None)),
    (
        QuotaError,
        lambda error: ProblemError(
            HTTPStatus.TOO_MANY_REQUESTS, str(error), code="Quota", headers={"Retry-After": "60"}
        ),
    ),
    (
        TooLargeError,
        lambda error: ProblemError(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(error), code="TooLarge", field="body", fix="send less"
        ),
    ),
    (
        ServiceRefusedError,
        lambda error: ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY, str(error), code=error.code or "Refused", field="body"
        ),
    ),
    (
        ServiceDownError,
        lambda error: ProblemError(
            HTTPStatus.SERVICE_UNAVAILABLE,
            f"{error}; try again later",
            code="ServiceDown",
            headers={"Retry-After": "10"},
        ),
    ),
    (InputError, lambda error: invalid("body", str(error))),
    (Http404, lambda _: ProblemError(HTTPStatus.NOT_FOUND, "there is nothing here", field="path")),
    (PermissionDenied, lambda error: ProblemError(HTTPStatus.FORBIDDEN, str(error) or "this is not allowed")),
    (exceptions.ValidationError, _of_validation),
    (
        exceptions.ParseError,
        lambda error: ProblemError(
            HTTPStatus.BAD_REQUEST,
            f"the body is not valid JSON: {error.detail}",
            code="Malformed",
            field="body",
            fix="a JSON object in UTF-8, as the API's description says",
        ),
    ),
    (exceptions.Throttled, _of_throttle),
    (exceptions.APIException, _of_framework),
)
"""What exceptions mean; the first that fits counts."""


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's 404."""
    del exception
    return respond(request, ProblemError(HTTPStatus.NOT_FOUND, "there is nothing here", field="path"))


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's 500."""
    detail = "internal error; the backend's log says more"
    return respond(request, ProblemError(HTTPStatus.INTERNAL_SERVER_ERROR, detail, code="InternalError"))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's 400."""
    return respond(request, ProblemError(HTTPStatus.BAD_REQUEST, str(exception) or "the request is malformed"))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's 403."""
    return respond(request, ProblemError(HTTPStatus.FORBIDDEN, str(exception) or "this is not allowed"))
