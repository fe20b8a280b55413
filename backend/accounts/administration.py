"""What operators do with accounts. Callers have checked that it is an operator who asks."""

from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet

from backend.accounts import links, mailing
from backend.accounts.caller import Caller
from backend.accounts.journal import record
from backend.accounts.models import User
from backend.accounts.refusals import AccountError, ConflictError

CHANGEABLE: Final = frozenset(
    {"name", "is_active", "is_operator", "weight", "running_max", "queued_max", "storage_bytes_max"}
)


def found(search: str = "", state: str = "") -> QuerySet[User]:
    """Accounts whose address or name contains a text, in a state: `active`, `locked`, `closed`, `operator`."""
    rows = User.objects.all()
    if search:
        rows = rows.filter(Q(email__icontains=search) | Q(name__icontains=search))
    kinds = {
        "active": Q(is_active=True),
        "locked": Q(is_active=False, closed=None),
        "closed": Q(closed__isnull=False),
        "operator": Q(is_operator=True),
    }
    return rows.filter(kinds[state]) if state else rows


def invite(caller: Caller, email: str, name: str = "", *, is_operator: bool = False) -> tuple[User, str]:
    """Make an account without a password, and mail a link to choose one; returns the link too.

    Raises:
        AccountError: the address is taken.
    """
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, name=name, is_operator=is_operator)
            record(caller, "account.invite", user.pk, email=user.email, is_operator=is_operator)
    except IntegrityError:
        detail = f"there is an account with the address {email!r}"
        raise AccountError("email", detail, "look for it among the users") from None
    return user, send_link(caller, user)


def send_link(caller: Caller, user: User) -> str:
    """Mail a link to choose a password, and return it, for installations that send no mails.

    Raises:
        ConflictError: the account is locked or closed.
    """
    if not user.is_active:
        raise ConflictError("the account is locked or closed", "unlock it first")
    invited = not user.has_usable_password()
    link = links.invitation_link(user) if invited else links.reset_link(user)
    opening = "You have an account now." if invited else "The operator sends you a link for a new password."
    time = "a week" if invited else "an hour"
    mailing.send(user.email, "choose a password", f"{opening} Choose a password at\n\n{link}\n\nwithin {time}.\n")
    record(caller, "account.link", user.pk)
    return link


def change(caller: Caller, user: User, **values: Any) -> User:
    """Change quotas, lock and unlock, make and unmake operators; a locked user's sessions and tokens do not work.

    Raises:
        ConflictError: the account is closed, or nobody would be left to operate the installation.
    """
    assert set(values) <= CHANGEABLE, values
    with transaction.atomic():
        row = User.objects.select_for_update().get(pk=user.pk)
        if row.closed is not None:
            raise ConflictError("the account is closed")
        if values.get("is_active", True) is False or values.get("is_operator", True) is False:
            check_operator_left(row)
        User.objects.filter(pk=row.pk).update(**values, version=F("version") + 1)
        record(caller, "account.change", row.pk, **values)
    user.refresh_from_db()
    return user


def check_operator_left(user: User) -> None:
    """Refuse to lose the last operator.

    Raises:
        ConflictError: no other operator is active.
    """
    others = User.objects.filter(is_operator=True, is_active=True).exclude(pk=user.pk)
    if user.is_operator and user.is_active and not others.exists():
        raise ConflictError("this is the only operator", "make somebody else operator first")
