"""Tokens `ppn_<key>.<secret>`: issued once in clear, stored as HMAC, compared in constant time."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.utils import timezone

from backend.accounts.models import Scope, Token, User

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


def check(text: str, address: str) -> Token:
    """The token behind a text presented from an address.

    Raises:
        TokenRefusedError: unknown, wrong, expired, revoked, or used from elsewhere; or its user is locked.
    """
    found = _FORM.fullmatch(text)
    token = Token.objects.select_related("user").filter(key=found[1]).first() if found else None
    if found is None or token is None or not hmac.compare_digest(token.secret_hmac, _digest(found[2])):
        raise TokenRefusedError("the token is unknown or wrong")
    if not token.alive or not token.user.is_active:
        raise TokenRefusedError("the token has expired or was revoked")
    if not token.allows_address(address):
        raise TokenRefusedError(f"the token may not be used from {address}")
    _note_use(token)
    return token


def _note_use(token: Token) -> None:
    now = timezone.now()
    if token.used is None or now - token.used > _USED_EVERY:
        Token.objects.filter(pk=token.pk).update(used=now)


def _digest(secret: str) -> str:
    return hmac.new(settings.ENVIRONMENT.token_key.encode(), secret.encode(), hashlib.sha256).hexdigest()
