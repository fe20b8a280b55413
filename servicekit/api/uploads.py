"""Uploads: streamed to disk under a cap, named by their digest, checked in a process of their own."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from fastapi import Request

from contracts.job import FailureClass
from servicekit.api.problems import ProblemError
from servicekit.jobs.gate import Gate, check
from servicekit.jobs.store import Blob, BlobStore
from servicekit.jobs.task import Outcome

_CHUNK_SECONDS: Final = 60.0


@asynccontextmanager
async def receive(request: Request, store: BlobStore, cap: int) -> AsyncIterator[Path]:
    """The request's body as a file; gone afterwards unless it was moved.

    Raises:
        ProblemError: 413 as soon as it is clear that the body is larger than `cap`; 400 where it is empty or declares
            no valid length; 408 where it stops coming.
    """
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal():
        raise ProblemError(HTTPStatus.BAD_REQUEST, "Content-Length is no number", field="header.Content-Length")
    if int(declared) > cap:
        raise _too_large(int(declared), cap)
    with store.scratch() as file:
        path = Path(file.name)
        try:
            size = 0
            async for chunk in _chunks(request):
                size += len(chunk)
                if size > cap:
                    raise _too_large(size, cap)
                await asyncio.to_thread(file.write, chunk)
            file.flush()
            if size == 0:
                raise ProblemError(HTTPStatus.BAD_REQUEST, "the body is empty; send the file as the body", field="body")
            yield path
        finally:
            with contextlib.suppress(FileNotFoundError):
                path.unlink()


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    stream = request.stream()
    while True:
        try:
            yield await asyncio.wait_for(anext(stream), _CHUNK_SECONDS)
        except StopAsyncIteration:
            return
        except TimeoutError:
            detail = f"nothing came for {_CHUNK_SECONDS:g} s"
            raise ProblemError(HTTPStatus.REQUEST_TIMEOUT, detail) from None


def _too_large(size: int, cap: int) -> ProblemError:
    return ProblemError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"the body has {size} bytes or more; at most {cap} are taken",
        code="TooLarge",
        field="body",
        value=size,
        headers={"Connection": "close"},
    )


@dataclass(frozen=True)
class Upload:
    """A received file: what it should be, under which name, and what its check needs."""

    path: Path
    kind: str
    name: str
    options: Mapping[str, Any] = field(default_factory=dict)


async def take(upload: Upload, store: BlobStore, gate: Gate) -> Blob:
    """Check a received file in a process of its own, and keep it.

    Raises:
        ProblemError: 422 where it is refused, 503 where the check itself could not be done.
    """
    options = {**upload.options, "name": upload.name}
    with tempfile.TemporaryDirectory(prefix="proprunn-gate-") as folder:
        outcome = await asyncio.to_thread(check, upload.kind, upload.path, options, Path(folder), gate)
    facts = found(outcome, "body")
    return await asyncio.to_thread(store.add, upload.kind, upload.path, "application/octet-stream", upload.name, facts)


def found(outcome: Outcome, field_name: str) -> Mapping[str, Any]:
    """What a check found.

    Raises:
        ProblemError: 422 about that field where it was refused, 503 where the check itself could not be done.
    """
    failure = outcome.failure
    if failure is None:
        return outcome.result or {}
    ours = failure.failure_class in (FailureClass.INFRASTRUCTURE, FailureClass.BUG)
    status = HTTPStatus.SERVICE_UNAVAILABLE if ours else HTTPStatus.UNPROCESSABLE_ENTITY
    raise ProblemError(status, failure.message, code=failure.code, field=field_name)
