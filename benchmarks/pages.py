"""How long the server takes for each page with the sample project, and how large it is: `python -m benchmarks.pages`.

Time is wall time on loopback, one request after the other, from asking to the last byte; on a busy machine the processor
time tells more. Size is that of a first visit: the page with its style sheets and scripts, uncompressed, without plotly.
The exit status is 1 where a limit is not reached.
"""

import argparse
import re
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urljoin

import httpx

from benchmarks.workspace import cpu_seconds
from tests.frontend.addresses import PAGES, address
from tests.frontend.server import Workspace, running_workspace

P95_MS: Final = 150.0
MOST_BYTES: Final = 2_000_000
_FILES: Final = re.compile(r'(?:src|href)="(/static/[^"]+)"')
_IMPORTS: Final = re.compile(r'from "(\.[^"]+)"')
_WARM: Final = 3


@dataclass(frozen=True)
class Figures:
    """One page."""

    name: str
    p50_ms: float
    p95_ms: float
    cpu_ms: float
    page_bytes: int
    all_bytes: int

    def __str__(self) -> str:
        return (
            f"{self.name:<26} p50 {self.p50_ms:6.1f} ms, p95 {self.p95_ms:6.1f} ms, {self.cpu_ms:5.1f} ms of processor"
            f" time each, {self.page_bytes / 1e3:7.1f} kB, with its files {self.all_bytes / 1e3:7.1f} kB"
        )


def measure(workspace: Workspace, name: str, times: int) -> Figures:
    """Ask for a page so many times."""
    who, path = PAGES[name]
    cookies = {"sessionid": workspace.seeded["sessions"][who]} if who else {}
    place = address(workspace, path)
    taken = []
    with httpx.Client(base_url=workspace.url, cookies=cookies, timeout=30) as client:
        for _ in range(_WARM):
            client.get(place)
        cpu = cpu_seconds(workspace.process.pid)
        for _ in range(times):
            start = time.perf_counter()
            answer = client.get(place)
            taken.append(1e3 * (time.perf_counter() - start))
        used = cpu_seconds(workspace.process.pid) - cpu
        files = _file_bytes(client, answer.text)
    ordered = sorted(taken)
    p50, p95 = (ordered[int(part * (len(ordered) - 1))] for part in (0.5, 0.95))
    size = len(answer.content)
    return Figures(name, p50, p95, 1e3 * used / times, size, size + files)


def _file_bytes(client: httpx.Client, text: str) -> int:
    """What the page's style sheets, scripts and pictures take, and what the scripts import."""
    waiting, seen, total = _FILES.findall(text), set(), 0
    while waiting:
        path = waiting.pop()
        if path in seen or "/plotly/" in path:
            continue
        seen.add(path)
        found = client.get(path).raise_for_status()
        total += len(found.content)
        if path.endswith(".js"):
            waiting += [urljoin(path, other) for other in _IMPORTS.findall(found.text)]
    return total


def main() -> int:
    """Measure and say whether the limits are reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=40, help="requests for each page")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="proprunn-bench-") as folder, running_workspace(Path(folder)) as workspace:
        found = []
        for name in PAGES:
            found.append(measure(workspace, name, given.times))
            print(found[-1], flush=True)
    slowest, largest = max(found, key=lambda one: one.p95_ms), max(found, key=lambda one: one.all_bytes)
    good = slowest.p95_ms <= P95_MS and largest.all_bytes <= MOST_BYTES
    print(f"slowest: {slowest}\nlargest: {largest}")
    print(f"p95 <= {P95_MS:g} ms, at most {MOST_BYTES / 1e6:g} MB: {'' if good else 'NOT '}reached")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
