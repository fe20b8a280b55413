"""Requests: with the token, tried again where that is safe, and their errors as exceptions."""

import random
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import httpx

from proprunn.errors import UnreachableError, UserError, error_of
from proprunn.settings import Access

_AGAIN: Final = (
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)
_CHUNK_BYTES: Final = 1 << 20
_SAFE: Final = ("GET", "POST")
"""GET changes nothing, and each POST carries an `Idempotency-Key`; anything else is tried once."""


@dataclass(frozen=True)
class Patience:
    """How long to wait for what.

    Attributes:
        timeout_s: for one answer to begin, or to go on.
        attempts: of each request, the first one included.
        pause_s: before the second attempt; doubled before each further one.
        longest_pause_s: a server that asks for more (`Retry-After`) is not waited for.
    """

    timeout_s: float = 60.0
    attempts: int = 5
    pause_s: float = 0.5
    longest_pause_s: float = 30.0


class Transport:
    """Speaks HTTP with one installation.

    Args:
        sleep: waits so many seconds; tests put their own.
    """

    def __init__(
        self,
        access: Access,
        patience: Patience | None = None,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url, self.patience, self.sleep = access.url, patience or Patience(), sleep
        self._http = httpx.Client(
            headers={"Authorization": f"Bearer {access.token}", "User-Agent": "proprunn-client"},
            timeout=self.patience.timeout_s,
            transport=transport,
        )

    def close(self) -> None:
        """Let go of connections."""
        self._http.close()

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        """The document at a path below `/api/v1`.

        Raises:
            UserError, InternalError.
        """
        return self.send("GET", path, query=query)

    def post(self, path: str, body: Any = None) -> Any:
        """The answer's document.

        Raises:
            UserError, InternalError.
        """
        return self.send("POST", path, body=body)

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        content: Path | None = None,
    ) -> Any:
        """One request, tried again where it may be.

        Args:
            content: a file that is the body.
        """
        headers = {"Idempotency-Key": str(uuid.uuid4())} if method == "POST" else {}
        if content is not None:
            headers["Content-Type"] = "application/octet-stream"
            headers["Content-Length"] = str(content.stat().st_size)
        given = {name: value for name, value in (query or {}).items() if value is not None}

        def attempt() -> httpx.Response:
            return self._http.request(
                method,
                self.address(path),
                params=given,
                headers=headers,
                json=body,
                content=_chunks(content) if content else None,
            )

        answer = self._until_answered(attempt, method in _SAFE)
        if not answer.content:
            return None
        try:
            return answer.json()
        except ValueError as error:
            raise UserError(f"{self.url} answers, but not as ProPruNN's API does: check the address") from error

    @contextmanager
    def stream(self, path: str, headers: Mapping[str, str], query: Mapping[str, Any] | None = None) -> Iterator[Any]:
        """An answer whose body is read bit by bit; one attempt, since only the reader knows where to go on.

        Raises:
            UserError, InternalError: also while the body is read.
        """
        try:
            with self._http.stream("GET", self.address(path), params=query, headers=dict(headers)) as answer:
                if not answer.is_success:
                    answer.read()
                    raise error_of(answer)
                yield answer
        except httpx.TransportError as error:
            raise UnreachableError(f"{self.url}: {str(error) or type(error).__name__}") from error

    def address(self, path: str) -> str:
        """The whole address; paths that an answer named begin with `/api/v1` already."""
        return self.url + (path if path.startswith("/api/v1/") else f"/api/v1{path}")

    def pause(self, number: int) -> float:
        """Seconds before going on after so many failures; jittered, so that clients do not return all at once."""
        most = min(self.patience.pause_s * 2**number, self.patience.longest_pause_s)
        return float(most * random.uniform(0.5, 1))  # noqa: S311  # no secret

    def _until_answered(self, attempt: Callable[[], httpx.Response], again: bool) -> httpx.Response:
        number = 0
        while True:
            try:
                answer = attempt()
            except httpx.TransportError as error:
                failure: Exception = UnreachableError(
                    f"{self.url} does not answer: {str(error) or type(error).__name__}"
                )
                wait: float | None = self.pause(number)
            else:
                if answer.is_success:
                    return answer
                failure, wait = error_of(answer), self._wait_of(answer, number)
            number += 1
            if not again or wait is None or number >= self.patience.attempts:
                raise failure
            self.sleep(wait)

    def _wait_of(self, answer: httpx.Response, number: int) -> float | None:
        """Seconds until the next attempt; None where there is no point in one."""
        failure = error_of(answer)
        if answer.status_code not in _AGAIN or failure.code == "Quota":
            return None
        asked = answer.headers.get("Retry-After", "")
        if not asked.isdecimal():
            return self.pause(number)
        return float(asked) if float(asked) <= self.patience.longest_pause_s else None


def _chunks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as content:
        while chunk := content.read(_CHUNK_BYTES):
            yield chunk
