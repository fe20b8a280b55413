"""Tokens `ppn_<key>.<secret>`: issued once in clear, stored as HMAC, compared in constant time."""

import hashlib
import hmac
import ipaddress
import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import CharField
from django.utils import timezone

from backend.accounts.models import Scope, Token, User
from backend.accounts.refusals import ConflictError
from backend.prepared import Given, columns_of, instance, prepared

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_FORM: Final = re.compile(r"ppn_([0-9a-f]{16})\.([A-Za-z0-9_-]{43})")
_USED_EVERY: Final = timedelta(minutes=5)


class TokenRefusedError(Exception):
    """Why a token is not accepted, in words that tell an attacker nothing new."""


def issue(
    user: User,
    name: str,
    scopes: Iterable[Scope],
    expires: datetime | None = None,
    addresses: Iterable[str] = (),
) -> tuple[Token, str]:
    """A new token and its text, which nobody can show again."""
    key, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    token = Token.objects.create(
        user=user,
        name=name,
        key=key,
        secret_hmac=_digest(secret),
        scopes=sorted({scope.value for scope in scopes}),
        expires=expires,
        addresses=list(addresses),
    )
    return token, f"ppn_{key}.{secret}"


def rotate(token: Token, overlap: timedelta) -> tuple[Token, str]:
    """A successor with the same rights and end, and its text; the old one works for `overlap` longer.

    Raises:
        ConflictError: the token was revoked or has expired, so there is nothing to succeed.
    """
    with transaction.atomic():
        old = Token.objects.select_for_update().get(pk=token.pk)
        if not old.alive:
            raise ConflictError("the token was revoked or has expired", "issue a new one")
        scopes = [Scope(scope) for scope in old.scopes]
        new, text = issue(old.user, old.name, scopes, old.expires, old.addresses)
        end = timezone.now() + overlap
        if not overlap:
            Token.objects.filter(pk=old.pk).update(revoked=end)
        elif old.expires is None or end < old.expires:
            Token.objects.filter(pk=old.pk).update(expires=end)
    return new, text


def latest_end(giver: Token | None = None) -> datetime | None:
    """When a token that is issued now, by means of another or of none, must have expired; None where it need not."""
    days = settings.ENVIRONMENT.token_days_max
    ends = [timezone.now() + timedelta(days=days) if days else None, giver.expires if giver else None]
    return min((end for end in ends if end is not None), default=None)


def covers(giver: Token, addresses: Iterable[str]) -> bool:
    """Whether a token that is bound to addresses may issue one for these."""
    if not giver.addresses:
        return True
    bounds, wanted = ([ipaddress.ip_network(text) for text in texts] for texts in (giver.addresses, addresses))
    return bool(wanted) and all(any(_within(network, bound) for bound in bounds) for network in wanted)


def _within(network: Network, bound: Network) -> bool:
    return network.version == bound.version and network.subnet_of(bound)  # type: ignore[arg-type]  # of one version


def revoke_all(user: User) -> int:
    """Revoke all of a user's tokens; returns how many worked until now."""
    now = timezone.now()
    return Token.objects.filter(user=user, revoked=None).exclude(expires__lte=now).update(revoked=now)


def check(text: str, address: str) -> Token:
    """The token behind a text presented from an address.

    Raises:
        TokenRefusedError: unknown, wrong, expired, revoked, or used from elsewhere; or its user is locked.
    """
    found = _FORM.fullmatch(text)
    token = _token_of(found[1]) if found else None
    if found is None or token is None or not hmac.compare_digest(token.secret_hmac, _digest(found[2])):
        raise TokenRefusedError("the token is unknown or wrong")
    if not token.alive or not token.user.is_active:
        raise TokenRefusedError("the token has expired or was revoked")
    if not token.allows_address(address):
        raise TokenRefusedError(f"the token may not be used from {address}")
    _note_use(token)
    return token


def _token_of(key: str) -> Token | None:
    """A token with its user, by its public half."""
    mine, theirs = columns_of(Token), columns_of(User, "user__")
    rows = prepared(
        "token", lambda: Token.objects.filter(key=Given("key", CharField())).values_list(*mine, *theirs)
    ).rows({"key": key})
    if not rows:
        return None
    token = instance(Token, rows[0][: len(mine)])
    token.user = instance(User, rows[0][len(mine) :])
    return token


def is_alive(token: Token) -> bool:
    """Whether it may still be used, looked up now."""
    rows = prepared(
        "token is alive",
        lambda: Token.objects.filter(pk=Given("id", CharField()), revoked=None, user__is_active=True).values_list(
            "expires"
        ),
    ).rows({"id": token.pk})
    return any(expires is None or expires > timezone.now() for (expires,) in rows)


def _note_use(token: Token) -> None:
    now = timezone.now()
    if token.used is None or now - token.used > _USED_EVERY:
        Token.objects.filter(pk=token.pk).update(used=now)


def _digest(secret: str) -> str:
    return hmac.new(settings.ENVIRONMENT.token_key.encode(), secret.encode(), hashlib.sha256).hexdigest()
