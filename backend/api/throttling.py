"""How often one caller may ask."""

import time
from typing import Any

from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from backend.accounts.caller import Caller
from backend.api.authentication import caller_address

_WINDOW_S = 60


class CallerThrottle(BaseThrottle):
    """So many requests a minute for each user, or for each address of those without an account."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """See the base class."""
        del view
        caller = request.auth
        name = caller.user.pk if isinstance(caller, Caller) else caller_address(request)
        minute = int(time.time()) // _WINDOW_S
        key = f"requests:{name}:{minute}"
        if cache.add(key, 1, 2 * _WINDOW_S):
            return True
        try:
            return bool(cache.incr(key) <= settings.ENVIRONMENT.requests_per_minute)
        except ValueError:  # it was evicted meanwhile
            return True

    def wait(self) -> float:
        """Seconds to the next window."""
        return _WINDOW_S - time.time() % _WINDOW_S
