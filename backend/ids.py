"""Names of rows: a word for the kind and 26 characters that sort by the time of creation."""

import secrets
import threading
import time
from typing import Final

_DIGITS: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_RANDOM_BITS: Final = 80
_STEP_BITS: Final = 40
_CHARACTERS: Final = 26


class _Numbers:
    """Numbers that only grow: milliseconds since 1970, then random bits; within one millisecond, by random steps."""

    def __init__(self) -> None:
        self._lock, self._last = threading.Lock(), 0

    def next(self) -> int:
        fresh = (time.time_ns() // 1_000_000 << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS)
        with self._lock:
            later = fresh >> _RANDOM_BITS > self._last >> _RANDOM_BITS
            self._last = fresh if later else self._last + 1 + secrets.randbits(_STEP_BITS)
            return self._last


_NUMBERS: Final = _Numbers()


def new_id(kind: str) -> str:
    """A new name, such as `job_01jd3v…`, in base 32. Those of one process sort as they were made."""
    return _name(kind, _NUMBERS.next())


def first_id(kind: str, timestamp_s: float) -> str:
    """The least name that is given at a time, in seconds since 1970: all that are given earlier sort before it."""
    return _name(kind, max(int(timestamp_s * 1000), 0) << _RANDOM_BITS)


def _name(kind: str, number: int) -> str:
    text = ""
    for _ in range(_CHARACTERS):
        number, digit = divmod(number, 32)
        text = _DIGITS[digit] + text
    return f"{kind}_{text}"
