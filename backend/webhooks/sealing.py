"""Secrets and signatures, as https://www.standardwebhooks.com describes them.

A secret must be at hand to sign, so it is not hashed as tokens are, but encrypted under the installation's token key.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from typing import Final

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

from contracts.errors import ProPruNNError

_PREFIX: Final = "whsec_"
_BYTES: Final = 32


class SealError(ProPruNNError):
    """A secret cannot be read: the installation's token key was changed since."""


def new_secret() -> str:
    """A new secret, such as `whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw…`."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def seal(secret: str) -> str:
    """A secret as the database keeps it."""
    return _cipher().encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    """The secret.

    Raises:
        SealError: it was sealed under another key.
    """
    try:
        return _cipher().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise SealError("the secret cannot be read, since the token key was changed: rotate it") from None


def headers(message: str, timestamp: int, body: bytes, keys: Iterable[str]) -> dict[str, str]:
    """What proves who sent a body, and when; one signature for each secret.

    Args:
        timestamp: in seconds since 1970.
    """
    signed = f"{message}.{timestamp}.".encode() + body
    signatures = (
        hmac.new(base64.b64decode(key.removeprefix(_PREFIX)), signed, hashlib.sha256).digest() for key in keys
    )
    return {
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{base64.b64encode(signature).decode()}" for signature in signatures),
    }


def _cipher() -> Fernet:
    key = hmac.new(settings.ENVIRONMENT.token_key.encode(), b"webhook secrets", hashlib.sha256).digest()
    return Fernet(base64.urlsafe_b64encode(key))
