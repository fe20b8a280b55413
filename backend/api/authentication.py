"""Who calls the API: a program with a token, or a browser with a session."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from backend.accounts.caller import Caller, address_of
from backend.accounts.models import User
from backend.accounts.tokens import TokenRefusedError, check


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer ppn_<key>.<secret>`."""

    def authenticate(self, request: Request) -> tuple[User, Caller] | None:
        """See the base class."""
        header = request.META.get("HTTP_AUTHORIZATION", "")
        if not header:
            return None
        kind, _, text = header.partition(" ")
        if kind.lower() != "bearer":
            raise AuthenticationFailed("the Authorization header is no bearer token; send `Bearer ppn_…`")
        try:
            token = check(text.strip(), caller_address(request))
        except TokenRefusedError as error:
            raise AuthenticationFailed(str(error)) from None
        return token.user, Caller.of_token(token)

    def authenticate_header(self, request: Request) -> str:
        """Makes failures 401."""
        del request
        return "Bearer"


class BrowserAuthentication(SessionAuthentication):
    """A session's cookie; what changes something needs the CSRF token too."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """See the base class."""
        found = super().authenticate(request)
        return None if found is None else (found[0], Caller.of_session(found[0]))


class IsCaller(BasePermission):
    """Somebody with an account; strangers get 401."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """See the base class."""
        del view
        return isinstance(request.auth, Caller)


def caller_address(request: Request | HttpRequest) -> str:
    """Where the request comes from."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    return address_of(forwarded, request.META.get("REMOTE_ADDR", ""), settings.ENVIRONMENT.proxies)


def django_request(request: Request) -> HttpRequest:
    """The request beneath REST framework's, with the browser's session."""
    return request._request  # REST framework offers no other way
