"""Checkpoints of a run in a folder: whole or not there, checked when they are read, the last two kept."""

import errno
import hashlib
import io
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import torch

from contracts.errors import InputError, ToolError

Identity = Mapping[str, str | int | float | bool | None]

_KEPT: Final = 2
_NAME: Final = re.compile(r"checkpoint-(\d{9})-([0-9a-f]{16})\.pt")
"""Steps done, and the beginning of the content's SHA-256."""


@dataclass
class Checkpoints:
    """Where a run keeps its state.

    A checkpoint is written beside the others, forced to the disk (fsync), then renamed: a crash at any moment leaves the former ones. One
    that a broken disk has changed is passed over for the one before.

    Attributes:
        folder: for the checkpoints alone; made when the first one is kept.
        identity: what has to be the same for a run to go on: network, data, options.
        every_s: `due` so long after the last one.
    """

    folder: Path
    identity: Identity
    every_s: float = 300.0
    _kept_at_s: float = field(default_factory=time.monotonic, init=False)

    def due(self) -> bool:
        """The last one, or the beginning, is `every_s` ago."""
        return time.monotonic() - self._kept_at_s >= self.every_s

    def save(self, step: int, state: Mapping[str, Any]) -> Path:
        """Keep tensors, numbers, text, and lists and dictionaries of them.

        Raises:
            ToolError: the disk is full, or cannot be written; former checkpoints stand.
        """
        stream = io.BytesIO()
        torch.save({"identity": dict(self.identity), "state": dict(state)}, stream)
        content = stream.getbuffer()
        path = self.folder / f"checkpoint-{step:09}-{_digest(content)}.pt"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_whole(path, content)
        except OSError as error:
            raise ToolError(self._failure(path, len(content), error)) from error
        for _, old in list(self._newest_first())[_KEPT:]:
            old.unlink(missing_ok=True)
        self._kept_at_s = time.monotonic()
        return path

    def load(self) -> dict[str, Any] | None:
        """The state of the newest checkpoint that is undamaged; none where there is none.

        Raises:
            InputError: it belongs to another run; the message names the first difference.
        """
        for _, path in self._newest_first():
            content = path.read_bytes()
            if path.name.endswith(f"-{_digest(content)}.pt"):
                found = torch.load(io.BytesIO(content), weights_only=True)
                self._check(found["identity"])
                state: dict[str, Any] = found["state"]
                return state
        return None

    def newest(self) -> Path | None:
        """The file of the newest checkpoint."""
        return next((path for _, path in self._newest_first()), None)

    def _newest_first(self) -> Iterator[tuple[int, Path]]:
        found = [(int(m[1]), path) for path in self.folder.glob("checkpoint-*.pt") if (m := _NAME.fullmatch(path.name))]
        return iter(sorted(found, reverse=True))

    def _check(self, identity: Identity) -> None:
        for name in (*self.identity, *identity):
            here, there = self.identity.get(name), identity.get(name)
            if here != there:
                raise InputError(
                    f"{self.folder} holds checkpoints of another run: {name} is {here!r} now and was {there!r}. Give another"
                    " folder, or the same options"
                )

    def _failure(self, path: Path, size: int, error: OSError) -> str:
        former = self.newest()
        stands = f"the last good one is {former}" if former else "there is none before it"
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            free = shutil.disk_usage(self.folder).free
            return (
                f"no space for the checkpoint {path.name} of {size} bytes ({free} bytes are free in {self.folder}); {stands}."
                " Free some, then resume"
            )
        return f"the checkpoint {path} cannot be written: {error.strerror}; {stands}"


def write_whole(path: Path, content: bytes | memoryview) -> None:
    """Write a file so that it is there whole, or as it was before, whatever happens meanwhile.

    Raises:
        OSError: it cannot be written; nothing is left of the attempt.
    """
    part = path.parent / f"{path.stem}.part"
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _digest(content: bytes | memoryview) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
