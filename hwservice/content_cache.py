"""Results kept by the digest of everything they follow from."""

import fcntl
import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from contracts.cache import cache_directory


def digest_of(parts: Iterable[str | bytes | Path]) -> str:
    """Thirty-two hexadecimal digits over texts, bytes and the contents of files (with their names)."""
    total = hashlib.sha256()
    for part in parts:
        data = f"{part.name}\n".encode() + part.read_bytes() if isinstance(part, Path) else part
        data = data.encode() if isinstance(data, str) else data
        total.update(len(data).to_bytes(8, "little") + data)
    return total.hexdigest()[:32]


def cached_folder(kind: str, digest: str, build: Callable[[Path], None]) -> Path:
    """The folder `kind/digest` of the cache; `build` fills it the first time.

    Two processes that want the same folder build it once; a failed build leaves nothing behind.
    """
    base = cache_directory() / kind
    base.mkdir(parents=True, exist_ok=True)
    target = base / digest
    if target.is_dir():
        return target
    with (base / f"{digest}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if target.is_dir():
            return target
        work = Path(tempfile.mkdtemp(prefix=f".{digest[:8]}-", dir=base))
        try:
            build(work)
            work.rename(target)
        except BaseException:
            shutil.rmtree(work, ignore_errors=True)
            raise
    return target
