"""Who has used how much lately, and whose turn it is.

Worker-seconds lose half their weight every day. Since all decay alike, each user's level is kept as the logarithm of what
it would be at one fixed time: the order between users then stands in a column and never needs a refresh.
"""

import math
from typing import Final

from django.db import transaction
from django.db.models import F, OrderBy, Value
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Log
from django.utils import timezone

from backend.accounts.models import User

HALF_LIFE_S: Final = 86_400.0
REFERENCE_S: Final = 1_767_225_600.0
"""2026-01-01T00:00:00Z in seconds since 1970."""


def charged(level: float, seconds: float, now_s: float) -> float:
    """A user's level after using so many worker-seconds.

    Example: at the reference time, `charged(-1e9, 8, REFERENCE_S) == 3` (log2 of 8), and 8 more make it 4.
    """
    added = math.log2(seconds) + (now_s - REFERENCE_S) / HALF_LIFE_S
    high, low = max(level, added), min(level, added)
    return high + math.log2(1 + 2 ** max(low - high, -1000.0))


def charge(user_id: str, seconds: float) -> None:
    """Note that a user's jobs took so many worker-seconds."""
    if seconds <= 0:
        return
    with transaction.atomic():
        user = User.objects.select_for_update().only("id", "level").get(pk=user_id)
        level = charged(user.level, seconds, timezone.now().timestamp())
        User.objects.filter(pk=user_id).update(level=level)


def turn() -> tuple[OrderBy, ...]:
    """The order of the queue: single jobs before campaigns, least use per weight first, then age."""
    return (F("campaign").asc(), level().asc(), F("created").asc(), F("id").asc())


def level() -> CombinedExpression:
    """A job's user's level per weight."""
    return F("user__level") - Log(Value(2.0), F("user__weight"))
