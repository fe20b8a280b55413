"""Which code runs: two services with one digest give the same results for the same job."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

_PROJECT: Final = Path(__file__).resolve().parents[1]
_FOLDERS: Final = ("contracts", "servicekit", "hwservice", "mlservice", "rtl_chisel/src", "rtl_chisel/build.sbt")
_ENDINGS: Final = frozenset({".py", ".scala", ".sbt", ".cpp", ".h", ".toml"})
_LOCKED: Final = ("requirements/core.txt", "requirements/train-cpu.txt")
"""Which packages; missing where a service was installed without them."""


@cache
def code_digest() -> str:
    """SHA-256 over the sources of all that carries jobs out, and over what they are locked to."""
    total = hashlib.sha256()
    places = [_PROJECT / name for name in (*_FOLDERS, *_LOCKED)]
    files = {file for place in places for file in ([place] if place.is_file() else place.rglob("*"))}
    for file in sorted(files):
        if file.suffix in _ENDINGS or file.suffix == ".txt":
            total.update(f"{file.relative_to(_PROJECT)}\n{file.stat().st_size}\n".encode())
            total.update(file.read_bytes())
    return total.hexdigest()
