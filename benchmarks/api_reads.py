"""How many lists of 50 jobs the API gives from 100,000: `python -m benchmarks.api_reads [--jobs N] [--workers 2]`.

Two processes share a Redis that is started for them. The exit status is 1 where a limit is not reached. The processor
time per request tells what a busy machine hides.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Final

from benchmarks.workspace import Place, Server, backend, free_port, place, serving
from tests.backend.e2e.servers import redis

IN_FLIGHT: Final = 5
_AT_LEAST: Final = {1: 120.0, 2: 250.0}
"""Requests a second, by number of processes."""
_P95_MS: Final = 60.0


@dataclass(frozen=True)
class Figures:
    """What was measured."""

    requests: int
    seconds: float
    p50_ms: float
    p95_ms: float
    cpu_ms: float

    @property
    def per_second(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds

    def __str__(self) -> str:
        return (
            f"{self.per_second:7.1f} requests/s, p50 {self.p50_ms:6.1f} ms, p95 {self.p95_ms:6.1f} ms,"
            f" {self.cpu_ms:5.2f} ms of processor time each"
        )


def paths_of(project: str) -> dict[str, str]:
    """The lists, by name."""
    middle = "2026-01-01T00:00:00Z"
    return {
        "all": "",
        "one project": f"project={project}",
        "one state": "state=failed",
        "one kind": f"project={project}&kind=compile",
        "one accelerator": f"project={project}&accelerator=edge-8x8",
        "before a time": f"created_before={middle}",
        "oldest first": "order=created",
        "by end": f"project={project}&order=-ended",
        "by name": f"project={project}&order=name",
    }


async def _ask(port: int, token: str, paths: Iterator[str], end: float, taken: list[float]) -> None:
    """One connection that asks again and again."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.monotonic() < end:
        start = time.monotonic()
        request = f"GET {next(paths)} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n"
        writer.write(request.encode())
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].split(b"\r", 1)[0])
        body = await reader.readexactly(length)
        if b" 200 " not in head.split(b"\r", 1)[0]:
            raise RuntimeError(f"{request.split()[1]}: {body[:300]!r}")
        taken.append(time.monotonic() - start)
    writer.close()


async def measure(server: Server, token: str, paths: Sequence[str], seconds: float) -> Figures:
    """Ask for lists with so many requests in flight."""
    taken: list[float] = []
    turns = cycle(f"/api/v1/jobs?limit=50&{path}" for path in paths)
    begin, cpu = time.monotonic(), server.cpu_s
    async with asyncio.TaskGroup() as group:
        for _ in range(IN_FLIGHT):
            group.create_task(_ask(server.port, token, turns, begin + seconds, taken))
    passed, used = time.monotonic() - begin, server.cpu_s - cpu
    ordered = sorted(taken)
    p50, p95 = (1e3 * ordered[int(part * (len(ordered) - 1))] for part in (0.5, 0.95))
    return Figures(len(taken), passed, p50, p95, 1e3 * used / len(taken))


def _run(where: Place, given: argparse.Namespace) -> bool:
    token, project = where.run("-m", "benchmarks.fill", str(given.jobs)).split()
    port = free_port()
    with serving(where, port, "/api/v1/health", *backend(port, given.workers)) as server:
        paths = paths_of(project)
        asyncio.run(measure(server, token, list(paths.values()), 1.0))
        for name, path in paths.items():
            print(f"{name:<16} {asyncio.run(measure(server, token, [path], given.seconds))}", flush=True)
        found = asyncio.run(measure(server, token, list(paths.values()), 3 * given.seconds))
    good = found.per_second >= _AT_LEAST[given.workers] and found.p95_ms <= _P95_MS
    print(f"{'all of them':<16} {found}")
    print(f"at least {_AT_LEAST[given.workers]:g} requests/s, p95 <= {_P95_MS:g} ms: {'' if good else 'NOT '}reached")
    return good


def main() -> int:
    """Measure and say whether the limits are reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=4.0, help="for each list")
    parser.add_argument("--workers", type=int, choices=sorted(_AT_LEAST), default=1, help="processes")
    given = parser.parse_args()
    with ExitStack() as ends:
        address = ""
        if given.workers > 1:
            folder = ends.enter_context(tempfile.TemporaryDirectory(prefix="proprunn-redis-"))
            _, address = ends.enter_context(redis(Path(folder)))
        where = ends.enter_context(place(redis=address, dispatch="no"))
        return 0 if _run(where, given) else 1


if __name__ == "__main__":
    sys.exit(main())
