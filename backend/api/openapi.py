"""How the description of the API is made: what views declare, and the problems that follow from it."""

from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiParameter

from backend.api.forms import Strict
from backend.api.problems import MEDIA_TYPE
from backend.api.schemas import Problem

IF_MATCH: Final = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, description="The ETag that you saw: 412 where it has changed since."
)
IF_NONE_MATCH: Final = OpenApiParameter(
    "If-None-Match", str, OpenApiParameter.HEADER, description="The ETag that you have: 304 where it is still so."
)
IDEMPOTENCY_KEY: Final = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 200},
    OpenApiParameter.HEADER,
    description="A name of your choice: the same request with the same key is carried out once, for two days.",
)
RANGE: Final = OpenApiParameter(
    "Range", str, OpenApiParameter.HEADER, description="One range of bytes, such as `bytes=0-999`."
)
_TAGGED: Final = {IF_MATCH.name, IF_NONE_MATCH.name}
_ANSWERS_THAT_SAY_WHERE: Final = ("201", "202")
_EVERYBODY_S: Final = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.NOT_ACCEPTABLE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.TOO_MANY_REQUESTS,
)
_WITH_RETRY_AFTER: Final = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers the class
    """Tokens."""

    target_class = "backend.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """See the base class."""
        del auto_schema
        return {"type": "http", "scheme": "bearer", "bearerFormat": "ppn_<key>.<secret>"}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers the class
    """Browsers' sessions; what changes something needs the header `X-CSRFToken` too."""

    target_class = "backend.api.authentication.BrowserAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """See the base class."""
        del auto_schema
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}


class Description(AutoSchema):
    """One operation, with every problem that may be its answer."""

    def _map_serializer(self, serializer: Any, direction: Any, bypass_extensions: bool = False) -> dict[str, Any]:
        found: dict[str, Any] = super()._map_serializer(serializer, direction, bypass_extensions)  # type: ignore[no-untyped-call]  # has no types
        return {**found, "additionalProperties": False} if isinstance(serializer, Strict) else found

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        answers: dict[str, Any] = super()._get_response_bodies(direction)
        declared = {parameter["name"] for parameter in self._get_parameters() if parameter["in"] == "header"}
        tagged = bool(declared & _TAGGED) and self.method != "DELETE"
        for code, answer in answers.items():
            headers = answer.setdefault("headers", {})
            if code in _ANSWERS_THAT_SAY_WHERE:
                headers["Location"] = _header("Where the new resource is.")
            if tagged and code in ("200", "206"):
                headers["ETag"] = _header("The state of the resource, for `If-Match` and `If-None-Match`.")
        if IF_NONE_MATCH.name in declared:
            answers["304"] = {"description": "It is as you have it.", "headers": {"ETag": _header("Its state.")}}
        for status in sorted(self._problems(declared) | {int(code) for code in answers if int(code) >= 400}):
            answers[str(status)] = self._problem(HTTPStatus(status))
        return {code: {name: part for name, part in answer.items() if part} for code, answer in answers.items()}

    def _problems(self, declared: set[str]) -> set[int]:
        found = {*_EVERYBODY_S}
        changes = self.method != "GET"
        if self.get_auth() or changes:
            found |= {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
        if self.get_auth():
            found.add(HTTPStatus.NOT_FOUND)
        if changes:
            found.add(HTTPStatus.CONFLICT)
        if IF_MATCH.name in declared:
            found.add(HTTPStatus.PRECONDITION_FAILED)
        if self._get_request_body():  # type: ignore[no-untyped-call]  # has no types
            found |= {HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE}
        return {int(status) for status in found}

    def _problem(self, status: HTTPStatus) -> dict[str, Any]:
        """A reference to a component that all operations share."""
        schema = self.resolve_serializer(Problem, "response")
        headers = {"Retry-After": _header("Seconds to wait.")} if status in _WITH_RETRY_AFTER else {}
        shared = ResolvedComponent(  # type: ignore[no-untyped-call]  # has no types
            name=status.phrase.title().replace(" ", ""),
            type=ResolvedComponent.RESPONSE,
            object=status,
            schema={
                "description": status.phrase,
                **({"headers": headers} if headers else {}),
                "content": {MEDIA_TYPE: {"schema": schema.ref}},
            },
        )
        self.registry.register_on_missing(shared)
        return dict(shared.ref)


def _header(description: str) -> dict[str, Any]:
    return {"schema": {"type": "string"}, "description": description}
