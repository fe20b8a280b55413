"""Links in mails: each proves that whoever follows it reads the mails of an address.

They work once: what they change makes them invalid.
"""

from typing import Any, Final

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core import signing
from django.utils.crypto import salted_hmac

from backend.accounts.models import User

RESET_PATH: Final = "/reset/{user}/{token}"
"""Page for a new password."""
CONFIRM_PATH: Final = "/confirm/{token}"
"""Page that confirms an address."""
INVITATION_S: Final = 7 * 86_400
CONFIRMATION_S: Final = 86_400
_INVITATION: Final = "backend.accounts.invitation"
_CONFIRMATION: Final = "backend.accounts.confirmation"


def reset_link(user: User) -> str:
    """To a new password; works for `PASSWORD_RESET_TIMEOUT` (an hour)."""
    return _absolute(RESET_PATH.format(user=user.pk, token=default_token_generator.make_token(user)))


def invitation_link(user: User) -> str:
    """To a first password; works for a week."""
    token = signing.dumps({"user": user.pk, "mark": _mark(user)}, salt=_INVITATION)
    return _absolute(RESET_PATH.format(user=user.pk, token=token))


def confirmation_link(user: User, email: str) -> str:
    """To the use of an address as the user's; works for a day."""
    content = {"user": user.pk, "from": user.email, "to": email, "mark": _mark(user)}
    return _absolute(CONFIRM_PATH.format(token=signing.dumps(content, salt=_CONFIRMATION)))


def opens_reset(user: User, token: str) -> bool:
    """Whether a token of a reset or an invitation is valid for the user as it is now."""
    if default_token_generator.check_token(user, token):
        return True
    content = _read(token, _INVITATION, INVITATION_S)
    return content is not None and content["user"] == user.pk and content["mark"] == _mark(user)


def confirmed(token: str) -> tuple[User, str] | None:
    """Whose address a confirmation is about, and the address; None where it is not valid (any more)."""
    content = _read(token, _CONFIRMATION, CONFIRMATION_S)
    user = User.objects.filter(pk=content["user"], is_active=True).first() if content else None
    if content is None or user is None or content["from"] != user.email or content["mark"] != _mark(user):
        return None
    return user, content["to"]


def _absolute(path: str) -> str:
    return str(settings.ENVIRONMENT.address).rstrip("/") + path


def _mark(user: User) -> str:
    """Changes with the password and the address, and tells nothing of either."""
    return salted_hmac(_INVITATION, f"{user.pk}\n{user.password}\n{user.email}").hexdigest()[:16]


def _read(token: str, salt: str, seconds: int) -> dict[str, Any] | None:
    try:
        content: dict[str, Any] = signing.loads(token, salt=salt, max_age=seconds)
    except signing.BadSignature:
        return None
    return content
