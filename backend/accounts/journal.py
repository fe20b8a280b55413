"""Tells the activity log, which stands above this application, what happened to accounts."""

from typing import Any, Final

from django.dispatch import Signal

from backend.accounts.caller import Caller
from backend.accounts.models import User

happened: Final = Signal()
"""Sent with `caller`, `verb`, `subject` and `details`, in the transaction that did it."""


def record(caller: Caller, verb: str, subject: str, **details: Any) -> None:
    """A caller did something, such as `account.close`, to an account or a token."""
    happened.send(User, caller=caller, verb=verb, subject=subject, details=details)
