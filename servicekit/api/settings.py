"""How any service runs."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contracts.errors import InputError
from contracts.job import JobKind
from servicekit.jobs.task import Limits

LEAST_TOKEN_CHARACTERS: Final = 16


@dataclass(frozen=True)
class Settings:
    """What every service can be told.

    Attributes:
        token: what callers must present (`Authorization: Bearer …`).
        folder: uploads, artifacts and working folders.
        limits: what one attempt may use, by kind.
    """

    token: str
    folder: Path
    limits: Mapping[JobKind, Limits]


def token_from_environment(variable: str, folder: Path) -> tuple[str, Path | None]:
    """The token in that variable, or a generated one in a file that only this account reads.

    Raises:
        InputError: the variable's token is too short.
    """
    token = os.environ.get(variable)
    if token is not None:
        if len(token) < LEAST_TOKEN_CHARACTERS:
            raise InputError(f"{variable} has {len(token)} characters; it must have {LEAST_TOKEN_CHARACTERS}")
        return token, None
    path = folder / "token"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(32))
    return path.read_text().strip(), path
