"""Who listens: the same callers as in the API."""

from collections.abc import MutableMapping
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest

from backend.accounts.caller import Caller, address_of
from backend.accounts.models import Scope, User
from backend.accounts.tokens import TokenRefusedError, check
from backend.api.problems import ProblemError


def caller_of(request: HttpRequest) -> Caller:
    """The caller behind a request's token or session.

    Raises:
        ProblemError: 401 without either; 403 where the token may not read.
    """
    header = request.META.get("HTTP_AUTHORIZATION", "")
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    address = address_of(forwarded, request.META.get("REMOTE_ADDR", ""), settings.ENVIRONMENT.proxies)
    if header:
        try:
            caller = Caller.of_token(check(header.partition(" ")[2].strip(), address))
        except TokenRefusedError as error:
            raise _unauthorised(str(error)) from None
    else:
        user = get_user(request)
        if not isinstance(user, User) or not user.is_active:
            raise _unauthorised("the token is missing")
        caller = Caller.of_session(user)
    if not caller.may(Scope.READ):
        raise ProblemError(HTTPStatus.FORBIDDEN, "the token lacks the scope 'read'", code="Scope")
    return caller


def _unauthorised(detail: str) -> ProblemError:
    headers = {"WWW-Authenticate": "Bearer"}
    return ProblemError(HTTPStatus.UNAUTHORIZED, detail, headers=headers, field="header.Authorization")


def caller_of_scope(scope: MutableMapping[str, Any]) -> Caller:
    """The caller behind a connection, before anything of its body was read.

    Raises:
        ProblemError: as `caller_of`.
    """
    return caller_of(request_of(scope))


def request_of(scope: MutableMapping[str, Any]) -> HttpRequest:
    """A connection as a request without a body, with the browser's session."""
    request: HttpRequest = ASGIRequest({**scope, "type": "http", "method": "GET"}, None)  # type: ignore[arg-type]  # no body
    request.session = SessionStore(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
    return request
