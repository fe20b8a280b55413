"""What must be as before when something was refused: rows, files, processes."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.backend.e2e.stack import Process, Stack

BINARY = {"Content-Type": "application/octet-stream"}


@dataclass(frozen=True)
class State:
    """How many rows each table has, which files there are, which processes run."""

    rows: dict[str, int]
    files: frozenset[str]
    processes: frozenset[int]


@dataclass(frozen=True)
class Installation:
    """Both services, and a project with a network in it.

    Attributes:
        folders: where the services keep files.
    """

    stack: Stack
    project: str
    network: str
    folders: tuple[Path, ...]

    @property
    def client(self) -> httpx.Client:
        return self.stack.client()

    def state(self) -> State:
        return State(self._rows(), frozenset(self._files()), frozenset(self._processes()))

    def _rows(self) -> dict[str, int]:
        place = f"file:{self.stack.folder}/backend/database.sqlite3?mode=ro"
        database = sqlite3.connect(place, uri=True)
        try:
            tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}
        finally:
            database.close()

    def _files(self) -> Iterator[str]:
        for folder in self.folders:
            yield from (str(file) for file in folder.rglob("*") if file.is_file())

    def _processes(self) -> Iterator[int]:
        for process in (self.stack.backend, self.stack.service):
            yield from children(process)


def children(process: Process) -> list[int]:
    return [child.pid for child in psutil.Process(process.pid).children(recursive=True)]


def refused(answer: httpx.Response, field: str, words: str, status: tuple[int, ...] = (422,)) -> dict[str, Any]:
    """The problem, which names the field, its value and what would be accepted, and nothing of the machine."""
    problem: dict[str, Any] = answer.json()
    assert answer.status_code in status, problem
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert problem["field"] == field, problem
    assert words in problem["detail"], problem
    assert problem["fix"], problem
    assert len(problem["detail"]) < 600
    for leak in ("Traceback", "/tmp/", "/home/", "site-packages", ".py"):
        assert leak not in answer.text
    return problem


def upload_is_refused(installation: Installation, kind: str, content: bytes, words: str) -> None:
    """A file of a kind (`networks` or `data`) is refused in words, with its size and digest as value."""
    place = f"/projects/{installation.project}/{kind}"
    answer = installation.client.post(place, params={"name": "bad"}, content=content, headers=BINARY)
    assert refused(answer, "body", words)["value"].startswith(f"{len(content)} bytes")
