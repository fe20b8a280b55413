"""Fewer messages than happen."""

import time


class Throttle:
    """Lets messages of one key pass at most every so many seconds; a new key and an end always pass."""

    def __init__(self, seconds: float = 0.1) -> None:
        self._seconds, self._last, self._key = seconds, 0.0, ""

    def passes(self, key: str, *, finished: bool = False) -> bool:
        """Whether this one goes out."""
        now = time.monotonic()
        if key == self._key and not finished and now - self._last < self._seconds:
            return False
        self._key, self._last = key, now
        return True
