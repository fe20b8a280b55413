"""The workspace as the demonstration uses it: through the public API, with a token, as any partner would."""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from contracts.errors import InputError, ToolError

_ASK_EVERY_S: Final = 0.3
_PATIENCE_S: Final = 60.0
Show = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True)
class Simulation:
    """A finished simulation.

    Attributes:
        report: as `hwservice simulate --json` prints it.
        page: where a browser shows it.
    """

    report: Mapping[str, Any]
    page: str


class Workspace:
    """One workspace, for one account.

    Errors of the API come as `InputError` with what it says is wrong, what it was given and the likely fix.
    """

    def __init__(self, address: str, token: str) -> None:
        self._address = address.rstrip("/")
        headers = {"Authorization": f"Bearer {token}"}
        self._client = httpx.Client(base_url=self._address + "/api/v1", headers=headers, timeout=_PATIENCE_S)

    def sample_project(self) -> str:
        """The sample project's id.

        Raises:
            InputError: there is none.
        """
        found = next((project for project in self._items("/projects") if project["sample"]), None)
        if found is None:
            raise InputError(
                f"{self._address} has no sample project: `python manage.py sample_project EMAIL` starts one"
            )
        return str(found["id"])

    def is_filled(self, project: str) -> bool:
        """Whether a simulation has come to its end there."""
        return bool(self._items("/jobs", project=project, kind="simulate", state="completed"))

    def network(self, project: str, name: str, file: Path) -> str:
        """The version of the named network with this content; uploaded where it is not there, as the newest.

        Returns:
            The version's id.
        """
        network = next((row for row in self._items(f"/projects/{project}/networks") if row["name"] == name), None)
        if network is None:
            made = self._upload(f"/projects/{project}/networks", file, name=name)
            return str(self._items(f"/networks/{made['id']}/versions")[0]["id"])
        versions = f"/networks/{network['id']}/versions"
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        same = next((row for row in self._items(versions) if row["digest"] == digest), None)
        return str((same or self._upload(versions, file, how="trained"))["id"])

    def data(self, project: str, name: str, file: Path, use: str = "simulation") -> str:
        """The data file with this content, uploaded where it is not there; its id."""
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        same = next((row for row in self._items(f"/projects/{project}/data") if row["digest"] == digest), None)
        query = {"name": f"{name}-{digest[:8]}", "use": use}
        return str((same or self._upload(f"/projects/{project}/data", file, **query))["id"])

    def simulate(self, project: str, wish: Mapping[str, Any], show: Show) -> Simulation:
        """Submit a simulate job and wait for its end.

        Raises:
            ToolError: it failed or was cancelled.
        """
        job = self._ended(project, {"kind": "simulate", **wish}, show)
        report = self._json("GET", f"/jobs/{job['id']}/report")
        return Simulation(report, self.page(job))

    def estimate(self, project: str, version: str, accelerator: str, show: Show) -> None:
        """Have it worked out what a network should cost, where that was not done: its page tells everybody.

        Raises:
            ToolError: the compile job failed or was cancelled.
        """
        wish = {"kind": "compile", "network": version, "accelerator": accelerator}
        if not self._items("/jobs", project=project, state="completed", **wish):
            self._ended(project, {"name": "Estimate", **wish}, show)

    def evaluate(self, project: str, wish: Mapping[str, Any], show: Show) -> Mapping[str, Any]:
        """Submit an evaluate job and wait for its end.

        Returns:
            `accuracy_float` and `accuracy_int8` (0 to 1), and `images`.

        Raises:
            ToolError: it failed or was cancelled.
        """
        found: Mapping[str, Any] = self._ended(project, {"kind": "evaluate", **wish}, show)["result"]["accuracy"]
        return found

    def reachable(self, project: str, subject: Mapping[str, str]) -> list[Mapping[str, Any]]:
        """What a network costs at least, with half of its channels, and as it is."""
        return list(self._json("GET", f"/projects/{project}/reachable", params=dict(subject))["items"])

    def session(self, project: str, wish: Mapping[str, Any], show: Show) -> dict[str, Any]:
        """Submit a prune job and wait for its end; an earlier one of the same is as good.

        Raises:
            ToolError: it failed or was cancelled.
        """
        accelerator, named = wish["accelerator"], ("name", "data", "accelerator", "dense")
        options = {name: value for name, value in wish.items() if name not in named}
        rows = self._items("/jobs", project=project, kind="prune", state="completed", accelerator=accelerator)
        for row in rows:
            job = self._json("GET", f"/jobs/{row['id']}")
            parent = self._parent_of(job["result"])
            if parent == wish["dense"] and options.items() <= job["options"].items():
                return job
        return self._ended(project, wish, show, "prune")

    def page(self, job: Mapping[str, Any]) -> str:
        """Where a browser shows a job."""
        return f"{self._address}/jobs/{job['id']}"

    def _parent_of(self, result: Mapping[str, Any]) -> str | None:
        """The version that a session's network came from; a version's content says which data it was trained on."""
        versions = self._items(f"/networks/{result['network_id']}/versions")
        parent: str | None = next((row["parent"] for row in versions if row["id"] == result["version"]), None)
        return parent

    def _ended(self, project: str, wish: Mapping[str, Any], show: Show, place: str = "jobs") -> dict[str, Any]:
        job = self._json("POST", f"/projects/{project}/{place}", json=wish)
        while not job["done"]:
            show(job)
            time.sleep(_ASK_EVERY_S)
            job = self._json("GET", f"/jobs/{job['id']}")
        if not job["success"]:
            reason = (job["failure"] or {}).get("message") or job["reason"]
            raise ToolError(f"the {job['kind']} job is {job['state']}: {reason}")
        return job

    def _upload(self, path: str, file: Path, **query: str) -> dict[str, Any]:
        headers = {"Content-Type": "application/octet-stream"}
        return self._json("POST", path, params=query, content=file.read_bytes(), headers=headers)

    def _items(self, path: str, **query: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._json("GET", path, params={"limit": "200", **query})["items"]
        return found

    def _json(self, method: str, path: str, **details: Any) -> dict[str, Any]:
        try:
            answer = self._client.request(method, path, **details)
        except httpx.TransportError as error:
            raise ToolError(
                f"the workspace at {self._address} does not answer ({error}): start it with `make up`"
            ) from error
        if answer.is_success:
            found: dict[str, Any] = answer.json()
            return found
        said = answer.json() if "json" in answer.headers.get("Content-Type", "") else {}
        parts = [
            said.get("detail") or f"status {answer.status_code}",
            said.get("field"),
            said.get("value"),
            said.get("fix"),
        ]
        raise InputError(f"{method} {path}: " + "; ".join(str(part) for part in parts if part))
