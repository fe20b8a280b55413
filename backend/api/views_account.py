"""The caller's own account and tokens."""

import ipaddress
from collections.abc import Iterable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts import signing
from backend.accounts.caller import Caller
from backend.accounts.models import Scope, Token, User
from backend.accounts.tokens import covers, issue, latest_end, revoke_all, rotate
from backend.api.authentication import caller_address, django_request
from backend.api.endpoint import Endpoint, body_of, check_match, query_of, refuse_key, tagged
from backend.api.forms import Strict
from backend.api.openapi import IF_MATCH, IF_NONE_MATCH
from backend.api.pages import PageQuery, page
from backend.api.problems import ProblemError
from backend.api.schemas import documented
from backend.api.schemas_account import NewTokenView, TokenPage, TokenView, UserView
from backend.jobs.closing import close_account
from backend.jobs.documents import plain
from backend.workspace.access import NotVisibleError
from backend.workspace.activity import note


class MeForm(Strict):
    """What users may change of themselves."""

    name = serializers.CharField(max_length=100, allow_blank=True)


class PasswordForm(Strict):
    """The present and the new password."""

    password = serializers.CharField(max_length=1000, trim_whitespace=False)
    new_password = serializers.CharField(max_length=1000, trim_whitespace=False)


class EmailForm(Strict):
    """A new address."""

    password = serializers.CharField(max_length=1000, trim_whitespace=False)
    email = serializers.EmailField(max_length=254)


class RotateForm(Strict):
    """How long both tokens work."""

    overlap_s = serializers.IntegerField(default=0, min_value=0, max_value=7 * 86_400, help_text="Seconds.")


class CloseForm(Strict):
    """Proof that it is the user who closes the account."""

    password = serializers.CharField(max_length=1000, trim_whitespace=False)


class TokenForm(Strict):
    """A new token."""

    name = serializers.CharField(max_length=100)
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=Scope.choices), min_length=1, max_length=10)
    expires = serializers.DateTimeField(
        required=False, allow_null=True, help_text="As late as the installation allows, where absent."
    )
    addresses = serializers.ListField(
        child=serializers.CharField(max_length=50), default=list, max_length=50, help_text="Such as 192.0.2.0/24."
    )

    def validate_expires(self, value: Any) -> Any:
        """In the future."""
        if value is not None and value <= timezone.now():
            raise serializers.ValidationError(f"{plain(value)} is past")
        latest = latest_end()
        if latest is not None and value is not None and value > latest:
            raise serializers.ValidationError(f"{plain(value)} is too far: {plain(latest)} is the latest here")
        return value

    def validate_addresses(self, value: list[str]) -> list[str]:
        """Each an address or a network."""
        for text in value:
            try:
                ipaddress.ip_network(text)
            except ValueError as error:
                raise serializers.ValidationError(f"{text!r} is no network: {error}") from None
        return value


def user_document(user: User) -> dict[str, Any]:
    """An account, with the quotas that hold for it."""
    choice = settings.ENVIRONMENT
    return {
        "id": user.pk,
        "email": user.email,
        "name": user.name,
        "is_operator": user.is_operator,
        "is_active": user.is_active,
        "weight": user.weight,
        "running_max": choice.running_per_user if user.running_max is None else user.running_max,
        "queued_max": choice.queued_per_user if user.queued_max is None else user.queued_max,
        "storage_bytes_max": user.storage_bytes_max,
        "confirmed": user.confirmed is not None,
        "created": plain(user.created),
    }


def token_document(token: Token) -> dict[str, Any]:
    """A token without its secret."""
    values = {name: getattr(token, name) for name in ("id", "name", "key", "scopes", "addresses")}
    times = {name: plain(getattr(token, name)) for name in ("created", "expires", "used", "revoked")}
    return {**values, **times}


class Me(Endpoint):
    """The caller's account."""

    @extend_schema(parameters=[IF_NONE_MATCH], responses=documented(UserView), operation_id="get_me")
    def get(self, request: Request) -> Response:
        """Who the caller is."""
        return tagged(request, user_document(self.user), self.user.version)

    @extend_schema(parameters=[IF_MATCH], request=MeForm, responses=documented(UserView), operation_id="change_me")
    def patch(self, request: Request) -> Response:
        """Change the name."""
        values = body_of(request, MeForm, partial=True)
        with transaction.atomic():
            user = User.objects.select_for_update().get(pk=self.user.pk)
            check_match(request, user.version)
            signing.change_name(Caller.of_session(user), values.get("name", user.name))
            user.refresh_from_db()
        return tagged(request, user_document(user), user.version)


class MyPassword(Endpoint):
    """The caller's password."""

    @extend_schema(request=PasswordForm, responses=documented(None), operation_id="change_password")
    def post(self, request: Request) -> Response:
        """Set a new password. All other sessions end; tokens stay."""
        values = body_of(request, PasswordForm)
        address, page_ = caller_address(request), django_request(request)
        signing.change_password(
            self.caller,
            values["password"],
            values["new_password"],
            address,
            page_ if self.caller.token is None else None,
        )
        return Response(status=HTTPStatus.NO_CONTENT)


class MyEmail(Endpoint):
    """The caller's address."""

    @extend_schema(request=EmailForm, responses=documented(None, accepted=True), operation_id="change_email")
    def post(self, request: Request) -> Response:
        """Mail a link to another address, which becomes the account's when the link is opened.

        The present address may be given to have it confirmed.
        """
        values = body_of(request, EmailForm)
        signing.request_email(self.caller, values["password"], values["email"], caller_address(request))
        return Response(status=HTTPStatus.ACCEPTED)


class CloseMe(Endpoint):
    """The end of the caller's account."""

    @extend_schema(request=CloseForm, responses=documented(None), operation_id="close_me")
    def post(self, request: Request) -> Response:
        """Close the account, for good.

        Address, name, password, sessions and tokens go, and projects that nobody else belongs to, with all they hold.
        What others share stays, without the name.
        """
        signing.prove(self.user, body_of(request, CloseForm)["password"], caller_address(request))
        close_account(self.caller, self.user)
        return Response(status=HTTPStatus.NO_CONTENT)


class Tokens(Endpoint):
    """The caller's tokens."""

    @extend_schema(parameters=[PageQuery], responses=documented(TokenPage), operation_id="list_tokens")
    def get(self, request: Request) -> Response:
        """All tokens, revoked ones too, newest first."""
        return page(Token.objects.filter(user=self.user), query_of(request, PageQuery), token_document)

    @extend_schema(request=TokenForm, responses=documented(NewTokenView, created=True), operation_id="create_token")
    def post(self, request: Request) -> Response:
        """Issue a token; its text is shown only now. A token cannot issue one that may do more than itself."""
        refuse_key(request)
        values = body_of(request, TokenForm)
        expires = values.get("expires") or latest_end(self.caller.token)
        check_gift(self.caller, values["scopes"], expires, values["addresses"])
        scopes = [Scope(scope) for scope in values["scopes"]]
        with transaction.atomic():
            token, text = issue(self.user, values["name"], scopes, expires, values["addresses"])
            note(self.caller, "token.create", token.pk)
        return Response({**token_document(token), "token": text}, HTTPStatus.CREATED)

    @extend_schema(responses=documented(None), operation_id="revoke_all_tokens")
    def delete(self, request: Request) -> Response:
        """Revoke all of the caller's tokens, the one at hand too."""
        del request
        with transaction.atomic():
            note(self.caller, "token.revoke_all", self.user.pk, count=revoke_all(self.user))
        return Response(status=HTTPStatus.NO_CONTENT)


class RotateToken(Endpoint):
    """A token's successor."""

    @extend_schema(request=RotateForm, responses=documented(NewTokenView, created=True), operation_id="rotate_token")
    def post(self, request: Request, token: str) -> Response:
        """Issue a token with the same rights and end; the old one works on for `overlap_s`."""
        refuse_key(request)
        values = body_of(request, RotateForm)
        old = own_token(self.user, token)
        if self.caller.token != old:
            check_gift(self.caller, old.scopes, old.expires, old.addresses)
        with transaction.atomic():
            new, text = rotate(old, timedelta(seconds=values["overlap_s"]))
            note(self.caller, "token.rotate", new.pk, old=old.pk)
        return Response({**token_document(new), "token": text}, HTTPStatus.CREATED)


class OneToken(Endpoint):
    """One token."""

    @extend_schema(responses=documented(TokenView), operation_id="get_token")
    def get(self, request: Request, token: str) -> Response:
        """One of the caller's tokens."""
        del request
        return Response(token_document(own_token(self.user, token)))

    @extend_schema(responses=documented(None), operation_id="revoke_token")
    def delete(self, request: Request, token: str) -> Response:
        """Revoke it, at once and for good."""
        del request
        with transaction.atomic():
            found = own_token(self.user, token)
            Token.objects.filter(pk=found.pk, revoked=None).update(revoked=timezone.now())
            note(self.caller, "token.revoke", token)
        return Response(status=HTTPStatus.NO_CONTENT)


def own_token(user: User, token: str) -> Token:
    """One of a user's tokens.

    Raises:
        NotVisibleError: the user has no such token.
    """
    found = Token.objects.filter(user=user, pk=token).first()
    if found is None:
        raise NotVisibleError("token", token)
    return found


def check_gift(caller: Caller, scopes: Iterable[str], expires: datetime | None, addresses: Iterable[str]) -> None:
    """Refuse to issue a token that may do more than the caller, for longer or from elsewhere.

    Raises:
        ProblemError: 403.
    """
    for scope in scopes:
        if not caller.may(Scope(scope)):
            raise _too_much("scopes", scope, f"your token lacks the scope {scope!r}")
    giver = caller.token
    if giver is not None and giver.expires is not None and (expires is None or expires > giver.expires):
        raise _too_much("expires", plain(expires), f"your token expires at {plain(giver.expires)}")
    if giver is not None and not covers(giver, addresses):
        raise _too_much("addresses", addresses, f"your token may be used from {', '.join(giver.addresses)} only")


def _too_much(field: str, value: object, why: str) -> ProblemError:
    detail = f"{why}, so it cannot give away more"
    return ProblemError(HTTPStatus.FORBIDDEN, detail, code="Scope", field=f"body.{field}", value=value)
