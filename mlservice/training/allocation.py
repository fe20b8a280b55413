"""Memory that a training step frees stays with the process, for the next step."""

import ctypes
from typing import Final

_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
"""Names of mallopt's parameters, of glibc's <malloc.h>."""
_MOST_KEPT_BYTES: Final = 512 * 1024 * 1024
_LARGEST_BLOCK_BYTES: Final = 32 * 1024 * 1024
"""The most that glibc accepts; larger blocks go back to the system as before."""


def keep_freed_memory() -> None:
    """Have the C library keep up to 512 MiB of freed memory, until the process ends.

    Every step frees maps of megabytes and asks for the same again. As glibc is set, they come from the system anew, zeroed page by page: a tenth of a step
    of ResNet-8 (`python -m benchmarks.training_step`). C libraries without such a setting are left alone.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_TRIM_THRESHOLD, _MOST_KEPT_BYTES)
        mallopt(_MMAP_THRESHOLD, _LARGEST_BLOCK_BYTES)
