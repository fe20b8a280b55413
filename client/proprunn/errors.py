"""What can go wrong: `UserError` where the request is at fault, `InternalError` where the installation or the way to it is."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import httpx


class ProPruNNClientError(Exception):
    """Base of all errors of this package.

    Attributes:
        status: of HTTP; 0 where no answer came.
        code: to program against, such as `Quota`.
        field: the input at fault, such as `body.count`; empty where unknown.
        value: what was given, shortened.
        fix: what would be accepted.
        errors: all inputs at fault, as `{"field": ..., "detail": ...}`.
    """

    def __init__(self, detail: str, status: int = 0, problem: Mapping[str, Any] | None = None) -> None:
        found = problem or {}
        self.detail, self.status = detail, status
        self.code, self.field, self.value, self.fix = (
            str(found.get(name) or "") for name in ("code", "field", "value", "fix")
        )
        self.errors: list[dict[str, str]] = list(found.get("errors") or [])
        parts = [detail]
        if self.field:
            parts.append(f"field: {self.field}" + (f" = {self.value!r}" if self.value else ""))
        if self.fix:
            parts.append(f"fix: {self.fix}")
        super().__init__("; ".join(parts))

    def to_mapping(self) -> dict[str, Any]:
        """As the command line's `--json` prints it."""
        return {
            "error": type(self).__name__,
            "detail": self.detail,
            "status": self.status or None,
            "code": self.code or None,
            "field": self.field or None,
            "value": self.value or None,
            "fix": self.fix or None,
        }


class UserError(ProPruNNClientError):
    """The request is at fault: the same again fails again."""


class AuthenticationError(UserError):
    """The token is missing, malformed, expired or revoked."""


class RefusedError(UserError):
    """The token's scope, or the user's role, does not allow it."""


class NotFoundError(UserError):
    """It is not there, or not for this caller."""


class ConflictError(UserError):
    """It collides with what is there: a name in use, a job that is not over."""


class QuotaError(UserError):
    """More than the installation allows to one user or project."""


class WaitTimeoutError(UserError):
    """The job was not over in the time given; it goes on."""


class InternalError(ProPruNNClientError):
    """The installation failed: trying later may help."""


class UnreachableError(InternalError):
    """No answer came."""


_BY_STATUS = {
    HTTPStatus.UNAUTHORIZED: AuthenticationError,
    HTTPStatus.FORBIDDEN: RefusedError,
    HTTPStatus.NOT_FOUND: NotFoundError,
    HTTPStatus.CONFLICT: ConflictError,
}


def error_of(answer: httpx.Response) -> ProPruNNClientError:
    """The error that a failed answer, whose body has been read, means."""
    status = answer.status_code
    try:
        problem = answer.json()
    except ValueError:
        problem = None
    if not isinstance(problem, dict):
        problem = {}
    detail = str(problem.get("detail") or f"{answer.request.method} {answer.request.url} answered {status}")
    if not problem.get("code") and not 400 <= status < 600:
        return InternalError(f"{detail}: this does not look like ProPruNN's API", status)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return InternalError(detail, status, problem)
    if problem.get("code") == "Quota":
        return QuotaError(detail, status, problem)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return InternalError(detail, status, problem)
    return _BY_STATUS.get(HTTPStatus(status), UserError)(detail, status, problem)
