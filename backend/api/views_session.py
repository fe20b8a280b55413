"""Signing in, out and up, and forgotten passwords: what needs no account yet.

A session's cookie is sent by browsers on their own, so what starts or ends a session needs the CSRF token.
"""

from http import HTTPStatus
from typing import Any

from django.contrib.auth import get_user
from django.middleware.csrf import get_token
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts import signing
from backend.accounts.models import User
from backend.api.authentication import BrowserAuthentication, caller_address, django_request
from backend.api.endpoint import body_of
from backend.api.forms import Strict
from backend.api.schemas import documented
from backend.api.schemas_account import SessionView, UserView
from backend.api.views_account import user_document

_CSRF = "Send the `csrf_token` of `GET /session` as header `X-CSRFToken`."


class SignInForm(Strict):
    """Who wants in."""

    email = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=1000, trim_whitespace=False)


class SignUpForm(Strict):
    """A new account."""

    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=1000, trim_whitespace=False)
    name = serializers.CharField(max_length=100, allow_blank=True, default="")


class ResetRequestForm(Strict):
    """Who forgot the password."""

    email = serializers.EmailField(max_length=254)


class ResetForm(Strict):
    """What the link of the mail says, and the new password."""

    user = serializers.CharField(max_length=40)
    token = serializers.CharField(max_length=1000)
    password = serializers.CharField(max_length=1000, trim_whitespace=False)


class ConfirmationForm(Strict):
    """What the link of the mail says."""

    token = serializers.CharField(max_length=1000)


class Open(APIView):
    """A view for everybody; a session's cookie is looked at only where the view says so."""

    authentication_classes: Any = ()
    permission_classes: Any = ()


class SessionOfBrowser(Open):
    """The caller's session."""

    @extend_schema(responses=documented(SessionView), operation_id="get_session", auth=[])
    def get(self, request: Request) -> Response:
        """Who is signed in, and the token that browsers send with what changes something."""
        user = get_user(django_request(request))
        shown = user_document(user) if isinstance(user, User) and user.is_active else None
        answer = {"user": shown, "csrf_token": get_token(django_request(request))}
        return Response(answer, headers={"Cache-Control": "no-store"})

    @extend_schema(
        request=SignInForm, responses=documented(UserView), operation_id="sign_in", auth=[], description=_CSRF
    )
    def post(self, request: Request) -> Response:
        """Sign in."""
        BrowserAuthentication().enforce_csrf(request)
        values = body_of(request, SignInForm)
        user = signing.sign_in(django_request(request), values["email"], values["password"], caller_address(request))
        return Response(user_document(user))

    @extend_schema(request=None, responses=documented(None), operation_id="sign_out", auth=[], description=_CSRF)
    def delete(self, request: Request) -> Response:
        """Sign out; it does no harm where nobody is signed in."""
        BrowserAuthentication().enforce_csrf(request)
        signing.sign_out(django_request(request))
        return Response(status=HTTPStatus.NO_CONTENT)


class Accounts(Open):
    """Accounts of this installation."""

    @extend_schema(
        request=SignUpForm,
        responses=documented(UserView, created=True),
        operation_id="sign_up",
        auth=[],
        description=f"Open an account and sign in, where the operator allows it. {_CSRF}",
    )
    def post(self, request: Request) -> Response:
        """Open an account and sign in."""
        BrowserAuthentication().enforce_csrf(request)
        address = caller_address(request)
        user = signing.sign_up(django_request(request), **body_of(request, SignUpForm), address=address)
        return Response(user_document(user), HTTPStatus.CREATED)


class PasswordResets(Open):
    """Requests for a new password."""

    @extend_schema(
        request=ResetRequestForm, responses=documented(None, accepted=True), operation_id="request_reset", auth=[]
    )
    def post(self, request: Request) -> Response:
        """Mail a link to a new password; the answer is the same whether or not there is such an account."""
        signing.request_reset(body_of(request, ResetRequestForm)["email"], caller_address(request))
        return Response(status=HTTPStatus.ACCEPTED)


class NewPassword(Open):
    """The end of a reset or an invitation."""

    @extend_schema(request=ResetForm, responses=documented(None), operation_id="reset_password", auth=[])
    def post(self, request: Request) -> Response:
        """Set a new password by the link of a mail: `/reset/{user}/{token}`."""
        values = body_of(request, ResetForm)
        signing.reset(values["user"], values["token"], values["password"])
        return Response(status=HTTPStatus.NO_CONTENT)


class ConfirmedAddresses(Open):
    """Addresses whose mails are proven to be read."""

    @extend_schema(request=ConfirmationForm, responses=documented(None), operation_id="confirm_address", auth=[])
    def post(self, request: Request) -> Response:
        """Confirm an address by the link of a mail: `/confirm/{token}`."""
        signing.confirm_email(body_of(request, ConfirmationForm)["token"])
        return Response(status=HTTPStatus.NO_CONTENT)
