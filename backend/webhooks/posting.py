"""One HTTP request to a stranger's address: checked where it connects, bounded in time and size, never redirected."""

import asyncio
import ssl
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final

import httpcore
import httpx

from backend.webhooks.addresses import is_allowed

SECONDS: Final = 15.0
"""For all of it: name, connection, TLS, answer."""
_CONNECT_SECONDS: Final = 5.0
_EXCERPT_BYTES: Final = 2048
_AGENT: Final = "ProPruNN-Webhooks/1"


@dataclass(frozen=True)
class Answer:
    """What came of a request.

    Attributes:
        code: the receiver's status; None where there was no answer.
        error: why it does not count as delivered, else "".
        took_ms: from start to end.
    """

    code: int | None
    error: str
    took_ms: float

    @property
    def ok(self) -> bool:
        """It was delivered."""
        return not self.error

    @property
    def gone(self) -> bool:
        """The receiver wants no more."""
        return self.code == HTTPStatus.GONE


class AddressRefusedError(Exception):
    """A name leads to an address that may not be posted to."""


class _Guarded(httpcore.AsyncNetworkBackend):
    """Resolves a name, checks every address, and connects to one of those that were checked."""

    def __init__(self) -> None:
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # the base class's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """See the base class."""
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=1)
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        for address in addresses:
            if not is_allowed(address):
                raise AddressRefusedError(f"{host} leads to {address}, which is no public address")
        for address in addresses[:-1]:
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return await self._backend.connect_tcp(address, port, timeout, local_address, socket_options)
        return await self._backend.connect_tcp(addresses[-1], port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        """See the base class."""
        await asyncio.sleep(seconds)


async def post(url: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """Post a JSON body; whatever goes wrong is in the answer."""
    start = time.perf_counter()
    code: int | None = None
    try:
        async with asyncio.timeout(SECONDS):
            code = await _post(url, {**headers, "content-type": "application/json", "user-agent": _AGENT}, body)
        error = _complaint(code)
    except TimeoutError:
        error = f"no answer within {SECONDS:g} s"
    except AddressRefusedError as refused:
        error = str(refused)
    except (OSError, httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as failed:
        error = f"{type(failed).__name__}: {failed}"[:300]
    return Answer(code, error, round((time.perf_counter() - start) * 1e3, 1))


async def _post(url: str, headers: Mapping[str, str], body: bytes) -> int:
    parts = httpx.URL(url)
    address = httpcore.URL(scheme=parts.raw_scheme, host=parts.raw_host, port=parts.port, target=parts.raw_path or b"/")
    given = [(b"host", parts.netloc), *((name.encode(), value.encode()) for name, value in headers.items())]
    given.append((b"content-length", str(len(body)).encode()))
    limits = {
        "timeout": dict.fromkeys(("connect", "pool"), _CONNECT_SECONDS) | dict.fromkeys(("read", "write"), SECONDS)
    }
    async with (
        httpcore.AsyncConnectionPool(ssl_context=_tls(), network_backend=_Guarded()) as pool,
        pool.stream("POST", address, headers=given, content=body, extensions=limits) as answer,
    ):
        size = 0
        async for chunk in answer.aiter_stream():
            size += len(chunk)
            if size > _EXCERPT_BYTES:
                break
        return int(answer.status)


def _complaint(code: int) -> str:
    if HTTPStatus.OK <= code < HTTPStatus.MULTIPLE_CHOICES:
        return ""
    if HTTPStatus.MULTIPLE_CHOICES <= code < HTTPStatus.BAD_REQUEST:
        return f"status {code}: redirects are not followed"
    return f"status {code}"


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
