"""Files by the SHA-256 of their content, in any place that fsspec reaches."""

import hashlib
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

import fsspec
from django.conf import settings
from django.utils import timezone

from backend.workspace.models import Artifact
from contracts.errors import InputError, ProPruNNError

CHUNK_BYTES: Final = 1 << 20


class TooLargeError(InputError):
    """More bytes than are taken."""


class DigestMismatchError(ProPruNNError):
    """A file arrived with another content than was announced."""


@dataclass(frozen=True)
class Incoming:
    """A content that has come in but is not kept yet."""

    path: str
    digest: str
    size_bytes: int


class Store:
    """Content-addressed files below one address; adding a content twice keeps it once.

    Files appear under their name only when they are complete.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self._files, self._root = fsspec.core.url_to_fs(address, auto_mkdir=True)

    @contextmanager
    def receive(self, chunks: Iterable[bytes], cap_bytes: int) -> Iterator[Incoming]:
        """Take in a content; it is gone afterwards unless it was kept.

        Raises:
            TooLargeError: more than `cap_bytes`.
        """
        path = f"{self._root}/incoming/{secrets.token_hex(16)}"
        digest, size = hashlib.sha256(), 0
        try:
            with self._files.open(path, "wb") as file:
                for chunk in chunks:
                    size += len(chunk)
                    if size > cap_bytes:
                        raise TooLargeError(f"the file has more than {cap_bytes} bytes; at most that many are taken")
                    digest.update(chunk)
                    file.write(chunk)
            yield Incoming(path, digest.hexdigest(), size)
        finally:
            if self._files.exists(path):
                self._files.rm(path)

    def keep(self, incoming: Incoming) -> Artifact:
        """Keep a content under its digest, with a row for it; it counts as having come in now."""
        target, now = self._path(incoming.digest), timezone.now()
        # The row comes first: whoever removes a file looks for one afterwards (see `remove`).
        values = {"size_bytes": incoming.size_bytes, "created": now}
        artifact, new = Artifact.objects.get_or_create(digest=incoming.digest, defaults=values)
        if not new:
            Artifact.objects.filter(pk=artifact.pk).update(created=now)
        if not self._files.exists(target):
            self._files.makedirs(target.rsplit("/", 1)[0], exist_ok=True)
            self._files.mv(incoming.path, target)
        return artifact

    def remove(self, digest: str) -> None:
        """Remove a content whose row is gone; it stays where it has come in again meanwhile."""
        path = self._path(digest)
        aside = f"{self._root}/incoming/{secrets.token_hex(16)}"
        if not self._files.exists(path):
            return
        self._files.makedirs(f"{self._root}/incoming", exist_ok=True)
        self._files.mv(path, aside)
        if Artifact.objects.filter(digest=digest).exists() and not self._files.exists(path):
            self._files.mv(aside, path)
        else:
            self._files.rm(aside)

    def sweep(self, age: timedelta) -> int:
        """Remove what came in, was never kept, and is older than that; how many bytes that were."""
        folder, freed = f"{self._root}/incoming", 0
        if not self._files.exists(folder):
            return 0
        for entry in self._files.ls(folder, detail=True):
            if timezone.now() - _modified(self._files.modified(entry["name"])) > age:
                self._files.rm(entry["name"])
                freed += int(entry["size"] or 0)
        return freed

    def add(self, chunks: Iterable[bytes], cap_bytes: int, expected: str) -> Artifact:
        """Keep a content that was announced.

        Raises:
            TooLargeError: more than `cap_bytes`.
            DigestMismatchError: its digest is not the expected one.
        """
        with self.receive(chunks, cap_bytes) as incoming:
            if incoming.digest != expected:
                raise DigestMismatchError(f"a file came with digest {incoming.digest}; {expected} was announced")
            return self.keep(incoming)

    def read_incoming(self, incoming: Incoming) -> Iterator[bytes]:
        """The content before it is kept, in chunks."""
        yield from self._read(incoming.path, 0, None)

    def read(self, digest: str, start: int = 0, size: int | None = None) -> Iterator[bytes]:
        """The content, or `size` bytes of it, in chunks."""
        yield from self._read(self._path(digest), start, size)

    def _read(self, path: str, start: int, size: int | None) -> Iterator[bytes]:
        with self._files.open(path, "rb") as file:
            file.seek(start)
            left = size
            while left is None or left > 0:
                chunk = file.read(CHUNK_BYTES if left is None else min(CHUNK_BYTES, left))
                if not chunk:
                    return
                left = None if left is None else left - len(chunk)
                yield chunk

    def _path(self, digest: str) -> str:
        return f"{self._root}/{digest[:2]}/{digest}"


def _modified(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)


@lru_cache(maxsize=4)
def _store_at(address: str) -> Store:
    return Store(address)


def the_store() -> Store:
    """The installation's store."""
    choice = settings.ENVIRONMENT
    return _store_at(str(choice.folder / "store") if choice.store == "folder" else choice.store)
