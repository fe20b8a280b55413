"""How often one caller may ask."""

import threading
import time
from typing import Any, Final

from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from backend.accounts.caller import Caller
from backend.api.authentication import caller_address

_WINDOW_S: Final = 60
_LOTS: Final = 100
"""Into how many lots a minute's requests are divided."""


class Lots:
    """Counts requests in the cache that all processes share, a lot at a time: asking it for each would double the work.

    What is left of a lot when its minute ends is lost; that is at most a hundredth for each process.
    """

    def __init__(self) -> None:
        self._lock, self._minute = threading.Lock(), 0
        self._left: dict[str, int] = {}

    def take(self, name: str, limit: int, minute: int) -> bool:
        """Whether one more is allowed."""
        with self._lock:
            if minute != self._minute:
                self._minute, self._left = minute, {}
            left = self._left.get(name, 0)
            if left > 0:
                self._left[name] = left - 1
                return True
        lot = max(limit // _LOTS, 1)
        before = _add(f"requests:{name}:{minute}", lot) - lot
        if before >= limit:
            return False
        with self._lock:
            self._left[name] = self._left.get(name, 0) + min(lot, limit - before) - 1
        return True


_lots: Final = Lots()


class CallerThrottle(BaseThrottle):
    """So many requests a minute for each user, or for each address of those without an account."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """See the base class."""
        del view
        caller = request.auth
        name = caller.user.pk if isinstance(caller, Caller) else caller_address(request)
        return _lots.take(name, settings.ENVIRONMENT.requests_per_minute, int(time.time()) // _WINDOW_S)

    def wait(self) -> float:
        """Seconds to the next window."""
        return _WINDOW_S - time.time() % _WINDOW_S


def _add(key: str, count: int) -> int:
    if cache.add(key, count, 2 * _WINDOW_S):
        return count
    try:
        return int(cache.incr(key, count))
    except ValueError:  # it was evicted meanwhile
        return count
