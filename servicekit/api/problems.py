"""Errors as `application/problem+json` (RFC 9457) that name the field, its value and the likely fix."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from contracts.errors import InputError, ProPruNNError

MEDIA_TYPE: Final = "application/problem+json"
_SHOWN_CHARACTERS: Final = 200


class Problem(BaseModel):
    """What went wrong, as RFC 9457 has it, with the field, its value and the likely fix where they are known."""

    type: str = Field(default="about:blank", description="A code to program against, as a URI reference.")
    title: str = Field(description="The HTTP status in words.")
    status: int
    detail: str = Field(description="What is wrong and what would be right, in a sentence.")
    instance: str = Field(default="", description="The path that was asked for.")
    code: str = Field(default="", description="The name of the error, such as NetworkError.")
    field: str | None = Field(default=None, description="The input at fault, such as body.count.")
    value: str | None = Field(default=None, description="What was given, shortened.")
    fix: str | None = Field(default=None, description="What would be accepted.")


class ProblemError(Exception):
    """Raised by handlers; becomes a problem answer."""

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
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.code = status, detail, code or status.name.title().replace("_", "")
        self.field, self.fix, self.headers = field, fix, dict(headers or {})
        self.value = None if value is None else str(value)[:_SHOWN_CHARACTERS]


def answer(request: Request | None, error: ProblemError) -> Response:
    """The problem as a response."""
    problem = Problem(
        type=f"urn:proprunn:problem:{error.code}",
        title=error.status.phrase,
        status=error.status,
        detail=error.detail,
        instance=request.url.path if request else "",
        code=error.code,
        field=error.field,
        value=error.value,
        fix=error.fix,
    )
    content = problem.model_dump(exclude_none=True)
    return JSONResponse(content, error.status, headers=error.headers, media_type=MEDIA_TYPE)


def documented(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """For a route's `responses`: these statuses answer with a problem."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {int(status): {"description": status.phrase, "content": content} for status in statuses}


def install(app: FastAPI) -> None:
    """Answer every error with a problem."""
    app.add_exception_handler(ProblemError, _on_problem)
    app.add_exception_handler(ProPruNNError, _on_own)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(Exception, _on_bug)


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    return answer(request, error)


async def _on_own(request: Request, error: Exception) -> Response:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if isinstance(error, InputError) else HTTPStatus.INTERNAL_SERVER_ERROR
    return answer(request, ProblemError(status, str(error), code=type(error).__name__))


async def _on_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    value = first.get("input")
    detail = f"{place}: {first['msg']}"
    problem = ProblemError(
        HTTPStatus.UNPROCESSABLE_ENTITY, detail, code="ValidationError", field=place, value=value, fix=first["msg"]
    )
    return answer(request, problem)


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    return answer(request, ProblemError(HTTPStatus(error.status_code), str(error.detail), headers=headers))


async def _on_bug(request: Request, error: Exception) -> Response:
    detail = f"internal error ({type(error).__name__}); the service's log says more"
    return answer(request, ProblemError(HTTPStatus.INTERNAL_SERVER_ERROR, detail, code="InternalError"))
