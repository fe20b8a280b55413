"""`/healthz/live` and `/healthz/ready`, for whatever starts and stops processes.

They are answered before Django looks at a request: a probe knows the process's address, not the installation's name, and
speaks no TLS. Names of parts are all they tell; the log and the administration's pages say why one fails.
"""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Mapping
from typing import Final

from backend.jobs.health import Check, checks
from backend.live.front import App, Receive, Scope, Send
from backend.live.threads import in_thread
from contracts.probes import LIVE, READY, probed

NEEDED: Final = ("database", "store", "channel layer", "cache")
"""Without these, no page and no request works. Without the hardware service or a dispatcher, jobs wait."""
_LOG: Final = logging.getLogger(__name__)
_KEPT_S: Final = 1.0

Working = Callable[[], Mapping[str, bool]]
"""What this process does besides serving, and whether it still does."""


class Probes:
    """Answers probes; hands everything else on."""

    def __init__(self, app: App, working: Working) -> None:
        self._app, self._working = app, working
        self._lock = asyncio.Lock()
        self._kept: tuple[float, dict[str, bool]] = (float("-inf"), {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["path"] == LIVE:
            await _answer(send, self._working())
        elif scope["path"] == READY:
            await _answer(send, {**await self._parts(), **self._working()})
        else:
            await self._app(scope, receive, send)

    async def _parts(self) -> dict[str, bool]:
        """Whether each part works; looked at once a second at most, whoever asks."""
        async with self._lock:
            seen, parts = self._kept
            if time.monotonic() - seen > _KEPT_S:
                parts = {check.name: check.ok for check in await in_thread(_looked)}
                self._kept = time.monotonic(), parts
            return parts


def _looked() -> list[Check]:
    found = checks(NEEDED)
    for check in found:
        if not check.ok:
            _LOG.warning("not ready: the %s fails: %s", check.name, check.detail)
    return found


async def _answer(send: Send, parts: Mapping[str, bool]) -> None:
    status, said = probed(parts)
    body = json.dumps(said).encode()
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": int(status), "headers": headers})
    await send({"type": "http.response.body", "body": body})
