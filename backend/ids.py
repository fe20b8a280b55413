"""Names of rows: a word for the kind and 26 characters that sort by the time of creation."""

import secrets
import time
from typing import Final

_DIGITS: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_RANDOM_BITS: Final = 80
_CHARACTERS: Final = 26


def new_id(kind: str) -> str:
    """A new name, such as `job_01jd3v…`: milliseconds since 1970, then 80 random bits, in base 32."""
    number = (time.time_ns() // 1_000_000 << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS)
    text = ""
    for _ in range(_CHARACTERS):
        number, digit = divmod(number, 32)
        text = _DIGITS[digit] + text
    return f"{kind}_{text}"
