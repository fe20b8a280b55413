"""How the service runs."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from contracts.cache import cache_directory
from contracts.errors import InputError
from contracts.job import JobKind
from hwservice.jobs.task import Limits

TOKEN_VARIABLE: Final = "PROPRUNN_HWSERVICE_TOKEN"  # noqa: S105  # its name
LEAST_TOKEN_CHARACTERS: Final = 16


def usual_limits() -> dict[JobKind, Limits]:
    """Time and memory of one attempt, by kind."""
    return {
        JobKind.COMPILE: Limits(seconds=600, memory_bytes=6 << 30),
        JobKind.SIMULATE: Limits(seconds=3600, memory_bytes=8 << 30),
        JobKind.ELABORATE: Limits(seconds=900, memory_bytes=6 << 30),
    }


@dataclass(frozen=True)
class Settings:
    """All that can be chosen.

    Attributes:
        token: what callers must present (`Authorization: Bearer …`).
        folder: uploads, artifacts and working folders.
        network_bytes: largest network that is taken.
        data_bytes: largest npz file that is taken.
        gate: what checking one upload may use.
        limits: what one attempt may use, by kind.
    """

    token: str
    folder: Path
    network_bytes: int = 256 << 20
    data_bytes: int = 512 << 20
    gate: Limits = field(default_factory=lambda: Limits(seconds=60, memory_bytes=4 << 30))
    limits: Mapping[JobKind, Limits] = field(default_factory=usual_limits)


def token_from_environment(folder: Path) -> tuple[str, Path | None]:
    """The token of `$PROPRUNN_HWSERVICE_TOKEN`, or a generated one in a file that only this account reads.

    Raises:
        InputError: the variable's token is too short.
    """
    token = os.environ.get(TOKEN_VARIABLE)
    if token is not None:
        if len(token) < LEAST_TOKEN_CHARACTERS:
            raise InputError(f"{TOKEN_VARIABLE} has {len(token)} characters; it must have {LEAST_TOKEN_CHARACTERS}")
        return token, None
    path = folder / "token"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(32))
    return path.read_text().strip(), path


def service_folder() -> Path:
    """Where the service keeps its files."""
    return cache_directory() / "hwservice"
