"""How long cancelling takes, from the request until every process is gone and the job is `cancelled`: `python -m benchmarks.cancel`.

Cancelled are jobs while sbt elaborates, and while Verilator and the C++ compiler build. The services are those of
`make up`, with an empty cache; a request goes through the backend. The exit status is 1 where the limit is not reached.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from benchmarks import zoo
from benchmarks.workspace import Place, Server, backend, free_port, place, serving
from contracts.cache import cache_directory
from servicekit.jobs.process_tree import MARK_VARIABLE

_LIMIT_S: Final = 1.0
_TOKEN: Final = "a token of the benchmark's own"
_PATIENCE_S: Final = 300.0
_TREES: Final[Mapping[str, tuple[dict[str, Any], frozenset[str]]]] = {
    "sbt": ({"kind": "elaborate"}, frozenset({"java"})),
    "Verilator": ({"kind": "simulate", "simulator": "rtl"}, frozenset({"verilator_bin", "cc1plus"})),
}
"""What is submitted, and which programs tell that the tree has grown."""


@dataclass(frozen=True)
class Taken:
    """One cancelled job.

    Attributes:
        processes: how many there were.
        gone_s: until all had ended.
        cancelled_s: until the backend said that it is `cancelled`.
    """

    processes: int
    gone_s: float
    cancelled_s: float


class Workspace:
    """Both services, as seen by a user and by the kernel."""

    def __init__(self, service: Server, client: httpx.Client, project: str, network: str) -> None:
        self._service, self._client = service, client
        self._project, self._network = project, network

    def submit(self, form: Mapping[str, Any]) -> str:
        """The address of a new job."""
        network = {} if form["kind"] == "elaborate" else {"network": self._network}
        body = {"accelerator": "edge-8x8", **form, **network}
        answer = self._client.post(f"/api/v1/projects/{self._project}/jobs", json=body).raise_for_status()
        return answer.headers["Location"]

    def is_over(self, job: str) -> bool:
        """Whether it is."""
        return bool(self._client.get(job).raise_for_status().json()["done"])

    def tree(self) -> dict[int, str]:
        """Names of the processes of attempts, by number."""
        return {pid: name for pid in _below(self._service.process.pid) if (name := _name_of_marked(pid))}

    def cancel(self, job: str) -> Taken:
        """Cancel a job whose tree has grown."""
        processes, begin = set(self.tree()), time.monotonic()
        self._client.post(f"{job}/cancel").raise_for_status()
        gone = cancelled = 0.0
        while not (gone and cancelled):
            if not gone and not any(_name_of_marked(pid) for pid in processes):
                gone = time.monotonic() - begin
            if not cancelled and self.is_over(job):
                cancelled = time.monotonic() - begin
        assert not self.tree()
        return Taken(len(processes), gone, cancelled)


def _below(pid: int) -> list[int]:
    try:
        text = " ".join(path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children"))
    except OSError:
        return []
    found = [int(child) for child in text.split()]
    return found + [grandchild for child in found for grandchild in _below(child)]


def _name_of_marked(pid: int) -> str:
    """A living process's name where it belongs to an attempt, else ""."""
    try:
        if f"{MARK_VARIABLE}=".encode() not in Path(f"/proc/{pid}/environ").read_bytes():
            return ""
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + _PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"{what} did not happen in {_PATIENCE_S:g} s")
        time.sleep(0.02)


def measure(workspace: Workspace, name: str, times: int) -> list[Taken]:
    """Cancel that many jobs, each a moment later in its build than the one before."""
    form, programs = _TREES[name]
    taken = []
    for number in range(times):
        job = workspace.submit(form)
        _until(lambda: not programs.isdisjoint(workspace.tree().values()), f"a start of {' or '.join(programs)}")
        time.sleep(0.5 * number)
        taken.append(workspace.cancel(job))
    return taken


def _run(where: Place, port: int, service_port: int, times: int) -> bool:
    where.run("manage.py", "migrate", "--verbosity", "0")
    token = where.run("manage.py", "issue_token", "you@example.org")
    serve = ("-m", "hwservice", "serve", "--port", str(service_port))
    with (
        serving(where, service_port, "/v1/health", *serve) as service,
        serving(where, port, "/api/v1/health", *backend(port)),
        httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {token}"}, timeout=60
        ) as client,
    ):
        project = client.post("/api/v1/projects", json={"name": "cancel"}).raise_for_status().json()["id"]
        binary = {"Content-Type": "application/octet-stream"}
        uploads = f"/api/v1/projects/{project}/networks?name=resnet8"
        network = (
            client.post(uploads, content=zoo.write("resnet8", where.folder).read_bytes(), headers=binary)
            .raise_for_status()
            .json()["id"]
        )
        workspace = Workspace(service, client, project, network)
        good = True
        for name in _TREES:
            taken = measure(workspace, name, times)
            gone, cancelled = [one.gone_s for one in taken], [one.cancelled_s for one in taken]
            good = good and max(gone + cancelled) <= _LIMIT_S
            print(
                f"{name:<10} {times} jobs of up to {max(one.processes for one in taken)} processes:"
                f" all gone after {statistics.median(gone):.2f} s (greatest {max(gone):.2f}),"
                f" cancelled after {statistics.median(cancelled):.2f} s (greatest {max(cancelled):.2f})",
                flush=True,
            )
    print(f"at most {_LIMIT_S:g} s: {'' if good else 'NOT '}reached")
    return good


def main() -> int:
    """Measure and say whether the limit is reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5, help="jobs of each kind (default: %(default)s)")
    given = parser.parse_args()
    port, service_port = free_port(), free_port()
    with place(hwservice_url=f"http://127.0.0.1:{service_port}", hwservice_token=_TOKEN) as where:
        cache = where.folder / "cache"
        cache.mkdir()
        (cache / "sbt").symlink_to(cache_directory() / "sbt")  # what is fetched is no part of this
        told = {**where.variables, "PROPRUNN_CACHE": str(cache), "PROPRUNN_HWSERVICE_TOKEN": _TOKEN}
        return 0 if _run(Place(where.folder, told), port, service_port, given.times) else 1


if __name__ == "__main__":
    sys.exit(main())
