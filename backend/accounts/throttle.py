"""How often one may try what can be guessed: counted for each pair of peer address and account, and for each of both.

The limit for a pair stops guessing at one account, that for an address stops trying one password at many accounts, and
that for an account stops many machines. The last is wide, so that nobody can lock somebody else out cheaply.
"""

import hashlib
import time
from dataclasses import dataclass
from typing import Final

from django.core.cache import cache

from backend.accounts.refusals import TooOftenError

WINDOW_S: Final = 600


@dataclass(frozen=True)
class Limits:
    """Tries in ten minutes."""

    pair: int
    address: int
    account: int


SIGN_IN: Final = Limits(pair=10, address=100, account=200)
RESET: Final = Limits(pair=3, address=20, account=6)
SIGN_UP: Final = Limits(pair=5, address=20, account=20)


def count(what: str, limits: Limits, address: str, account: str) -> None:
    """Count a try, before it is made.

    Raises:
        TooOftenError: one of the limits is reached; further tries do not prolong the wait.
    """
    now = time.time()
    window = int(now // WINDOW_S)
    for name, limit in _counters(what, limits, address, account):
        if _add(f"{name}:{window}") > limit:
            raise TooOftenError(what, max(int((window + 1) * WINDOW_S - now), 1))


def forgive(what: str, address: str, account: str) -> None:
    """It went well: what was tried from this address for this account no longer counts."""
    cache.delete(f"{_name(what, address, account)}:{int(time.time() // WINDOW_S)}")


def _counters(what: str, limits: Limits, address: str, account: str) -> tuple[tuple[str, int], ...]:
    return (
        (_name(what, address, account), limits.pair),
        (_name(what, address, ""), limits.address),
        (_name(what, "", account), limits.account),
    )


def _name(what: str, address: str, account: str) -> str:
    about = f"{what}\n{address}\n{account.strip().lower()}"
    return f"tries:{hashlib.sha256(about.encode()).hexdigest()}"


def _add(key: str) -> int:
    if cache.add(key, 1, 2 * WINDOW_S):
        return 1
    try:
        return cache.incr(key)
    except ValueError:  # it was evicted meanwhile
        return 1
