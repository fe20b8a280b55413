"""When a dispatcher last was at work. Several web processes share the cache, so any of them can tell."""

import time
from dataclasses import dataclass
from typing import Final

from django.core.cache import cache

_KEY: Final = "dispatcher:heartbeat"
_KEPT_S: Final = 86_400
LATE_S: Final = 15.0
"""Longer than any round of a dispatcher's should take."""


@dataclass(frozen=True)
class Heartbeat:
    """The newest sign of life.

    Attributes:
        owner: the dispatcher's name in jobs' rows.
        age_s: how long ago.
    """

    owner: str
    age_s: float


def beat(owner: str) -> None:
    """The dispatcher is at work."""
    cache.set(_KEY, (owner, time.time()), _KEPT_S)


def newest() -> Heartbeat | None:
    """The newest of all dispatchers; None where there was none within a day."""
    found = cache.get(_KEY)
    return None if found is None else Heartbeat(found[0], max(time.time() - found[1], 0.0))
