"""What the demonstration asks of the workspace, through the public API: the sample project, uploads, a simulation."""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from contracts.errors import InputError, ToolError

POLL_SECONDS: Final = 0.4
_BINARY: Final = {"Content-Type": "application/octet-stream"}
_PAGE: Final = 200
Report = Mapping[str, Any]
Show = Callable[[Mapping[str, Any]], None]
"""Is given the job each time it was looked at."""


@dataclass(frozen=True)
class Simulation:
    """A simulation that ended well.

    Attributes:
        report: as `python -m hwservice simulate … --json` prints it.
        page: where a browser shows it.
    """

    report: Report
    page: str


class Workspace:
    """The public API behind an address, for the owner of a token.

    All methods raise `ToolError` with the problem's words where the workspace refuses or fails.
    """

    def __init__(self, address: str, token: str, transport: httpx.BaseTransport | None = None) -> None:
        self._address = address.rstrip("/")
        headers = {"Authorization": f"Bearer {token}"}
        self._client = httpx.Client(base_url=self._address, headers=headers, timeout=120, transport=transport)

    def sample_project(self) -> str:
        """The sample project's id.

        Raises:
            InputError: there is none, or not for this token.
        """
        for project in self._items("/api/v1/projects"):
            if project["sample"] and project["role"] in ("owner", "editor"):
                return str(project["id"])
        raise InputError(
            "the token's owner may not fill a sample project: `python manage.py sample_project EMAIL` makes them its owner"
        )

    def is_filled(self, project: str) -> bool:
        """A simulation in the project has completed."""
        jobs = self._items("/api/v1/jobs", project=project)
        return any(job["success"] and job["kind"] == "simulate" for job in jobs)

    def network(self, project: str, name: str, file: Path) -> str:
        """The id of the version with the file's content; the network or the version is made where it is missing."""
        content = file.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        found = [each for each in self._items(f"/api/v1/projects/{project}/networks") if each["name"] == name]
        if not found:
            made = self._upload(f"/api/v1/projects/{project}/networks", name, content)
            return self._version(made["id"], digest) or str(made["id"])
        known = self._version(found[0]["id"], digest)
        return known or str(self._upload(f"/api/v1/networks/{found[0]['id']}/versions", None, content)["id"])

    def data(self, project: str, name: str, file: Path) -> str:
        """The id of the data file with the file's content, which is uploaded where it is missing."""
        content = file.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        for known in self._items(f"/api/v1/projects/{project}/data"):
            if known["digest"] == digest and known["name"] == name:
                return str(known["id"])
        return str(self._upload(f"/api/v1/projects/{project}/data", name, content)["id"])

    def simulate(self, project: str, wish: Mapping[str, Any], show: Show) -> Simulation:
        """Submit a simulation and wait for its end."""
        body = {"kind": "simulate", **wish}
        job = self._json("POST", f"/api/v1/projects/{project}/jobs", json=body)
        while not job["done"]:
            show(job)
            time.sleep(POLL_SECONDS)
            job = self._json("GET", f"/api/v1/jobs/{job['id']}")
        if not job["success"]:
            failure = job["failure"] or {"message": job["reason"] or job["state"]}
            raise ToolError(f"the simulation {job['state']}: {failure['message']}  ({self.page(job['id'])})")
        return Simulation(job["result"]["report"], self.page(job["id"]))

    def page(self, job: str) -> str:
        """Where a browser shows a job."""
        return f"{self._address}/jobs/{job}"

    def _version(self, network: str, digest: str) -> str | None:
        versions = self._items(f"/api/v1/networks/{network}/versions")
        return next((str(each["id"]) for each in versions if each["digest"] == digest), None)

    def _upload(self, path: str, name: str | None, content: bytes) -> Any:
        params = {"name": name} if name else {}
        return self._json("POST", path, params=params, content=content, headers=_BINARY)

    def _items(self, path: str, **query: str) -> Iterator[Mapping[str, Any]]:
        cursor: dict[str, str] = {}
        while True:
            found = self._json("GET", path, params={**query, **cursor, "limit": str(_PAGE)})
            yield from found["items"]
            if not found["next"]:
                return
            cursor = {"cursor": found["next"]}

    def _json(self, method: str, path: str, **how: Any) -> Any:
        try:
            answer = self._client.request(method, path, **how)
        except httpx.TransportError as error:
            raise ToolError(f"the workspace at {self._address} cannot be reached: {error}") from error
        if answer.is_success:
            return answer.json()
        try:
            problem = answer.json()
        except ValueError:
            problem = {"detail": answer.text[:200]}
        raise ToolError(f"{method} {path}: status {answer.status_code}: {problem.get('detail')}")
