"""Signing in, out and up, and passwords: what pages and API both call.

Callers hand over the peer's address, which they know, and check CSRF tokens, which browsers send.
"""

import logging
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone

from backend.accounts import links, mailing, throttle
from backend.accounts.caller import Caller
from backend.accounts.journal import record
from backend.accounts.models import User
from backend.accounts.refusals import AccountError, CredentialsError, SignupClosedError

_LOG: Final = logging.getLogger(__name__)


def sign_in(request: HttpRequest, email: str, password: str, address: str) -> User:
    """Start a session under a new key, so that a key that somebody planted before is worth nothing.

    Raises:
        CredentialsError: after the same time, whether or not the address is known.
        TooOftenError: too many tries.
    """
    throttle.count("signing in", throttle.SIGN_IN, address, email)
    user = authenticate(request, username=email.strip().lower(), password=password)
    if not isinstance(user, User):
        _LOG.warning("refused to sign in %r from %s", email[:254], address)
        raise CredentialsError
    throttle.forgive("signing in", address, email)
    _start(request, user, address)
    return user


def sign_out(request: HttpRequest) -> None:
    """End the session, if there is one."""
    logout(request)


def sign_up(request: HttpRequest, email: str, password: str, name: str, address: str) -> User:
    """Open an account and start a session. Until its address is confirmed, nobody can add it to a project.

    Raises:
        SignupClosedError: only the operator makes accounts here.
        AccountError: the address is taken, or the password too weak.
        TooOftenError: too many accounts from this address.
    """
    if not settings.ENVIRONMENT.signup:
        raise SignupClosedError
    throttle.count("signing up", throttle.SIGN_UP, address, email)
    check_password_fits(password, User(email=email, name=name))
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password, name=name, confirmed=None)
            record(Caller.of_session(user), "account.open", user.pk)
    except IntegrityError:
        fix = "sign in, or ask for a new password"
        raise AccountError("email", f"there is an account with the address {email!r}", fix) from None
    ask_to_confirm(user, user.email)
    _start(request, user, address)
    return user


def _start(request: HttpRequest, user: User, address: str) -> None:
    login(request, user, "django.contrib.auth.backends.ModelBackend")
    record(Caller.of_session(user), "session.start", user.pk, address=address)


def request_reset(email: str, address: str) -> None:
    """Mail a link to a new password, if there is such an account; nothing tells the caller whether there is.

    Raises:
        TooOftenError: too many requests.
    """
    throttle.count("asking for a new password", throttle.RESET, address, email)
    user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if user is not None:
        text = f"To choose a new password, open\n\n{links.reset_link(user)}\n\nwithin an hour. {_NOT_YOU}"
        mailing.send(user.email, "a new password", text)


_NOT_YOU: Final = "If this was not you, there is nothing to do.\n"


def reset(user_id: str, token: str, password: str) -> User:
    """Set a new password by the link of a mail; sessions end, and the address counts as confirmed.

    Raises:
        AccountError: the link is wrong, old or used, or the password too weak.
    """
    with transaction.atomic():
        user = User.objects.select_for_update().filter(pk=user_id, is_active=True).first()
        if user is None or not links.opens_reset(user, token):
            fix = "ask for a new one"
            raise AccountError("token", "the link is not valid: it is old, was used, or was copied wrongly", fix)
        check_password_fits(password, user)
        _set_password(user, password, confirmed=user.confirmed or timezone.now())
        record(Caller.of_session(user), "account.reset", user.pk)
    _tell_of_password(user)
    return user


def change_password(caller: Caller, current: str, new: str, address: str, request: HttpRequest | None = None) -> None:
    """Set a new password. All sessions end but that of `request`; tokens stay.

    Raises:
        AccountError: the current password is wrong, or the new one too weak.
        TooOftenError: the current password was wrong too often.
    """
    user = caller.user
    prove(user, current, address)
    check_password_fits(new, user, "new_password")
    with transaction.atomic():
        _set_password(user, new)
        record(caller, "account.password", user.pk)
    if request is not None:
        update_session_auth_hash(request, user)
    _tell_of_password(user)


def prove(user: User, password: str, address: str) -> None:
    """Check that it is the user who sits there.

    Raises:
        AccountError: the password is wrong.
        TooOftenError: it was wrong too often.
    """
    throttle.count("the password", throttle.SIGN_IN, address, user.email)
    if not user.check_password(password):
        raise AccountError("password", "the password is wrong", "your current password")
    throttle.forgive("the password", address, user.email)


def change_name(caller: Caller, name: str) -> None:
    """Call a user otherwise."""
    _update(caller.user, name=name)


def request_email(caller: Caller, password: str, email: str, address: str) -> None:
    """Mail a link to a new address; it becomes the user's when the link is opened.

    Nothing tells the caller whether another account has the address; its owner is told.

    Raises:
        AccountError: the password is wrong.
        TooOftenError: too many tries.
    """
    prove(caller.user, password, address)
    throttle.count("asking for a new address", throttle.RESET, address, email)
    if User.objects.filter(email=email.strip().lower()).exclude(pk=caller.user.pk).exists():
        mailing.send(email, "your address", f"Somebody wanted to use this address for another account. {_NOT_YOU}")
        return
    ask_to_confirm(caller.user, email.strip().lower())


def ask_to_confirm(user: User, email: str) -> None:
    """Mail the link that confirms an address."""
    text = f"To confirm that this address is yours, open\n\n{links.confirmation_link(user, email)}\n\n"
    mailing.send(email, "confirm your address", f"{text}within a day. {_NOT_YOU}")


def confirm_email(token: str) -> User:
    """Use the address of a link as its user's from now on.

    Raises:
        AccountError: the link is wrong, old or used; or the address has become another account's.
    """
    found = links.confirmed(token)
    if found is None:
        raise AccountError("token", "the link is not valid: it is old, was used, or was copied wrongly", "a new one")
    user, email = found
    old = user.email
    try:
        with transaction.atomic():
            _update(user, email=email, confirmed=timezone.now())
            record(Caller.of_session(user), "account.email", user.pk, email=email)
    except IntegrityError:
        raise AccountError("token", f"the address {email!r} has become another account's") from None
    if old != email:
        mailing.send(old, "your address was changed", f"Your account now has the address {email}. {_ASK}")
    return user


_ASK: Final = "If this was not you, tell the operator.\n"


def check_password_fits(password: str, user: User, field: str = "password") -> None:
    """Refuse weak passwords.

    Raises:
        AccountError: naming all that is wrong with it.
    """
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise AccountError(field, " ".join(error.messages), "a longer one that is not easily guessed") from None


def _set_password(user: User, password: str, **values: Any) -> None:
    user.set_password(password)
    _update(user, password=user.password, **values)


def _update(user: User, **values: Any) -> None:
    User.objects.filter(pk=user.pk).update(**values, version=F("version") + 1)
    user.refresh_from_db()


def _tell_of_password(user: User) -> None:
    mailing.send(user.email, "your password was changed", f"Your password was changed just now. {_ASK}")
