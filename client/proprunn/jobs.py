"""A job: watched, waited for, cancelled, tried again; its results as types."""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from contracts.job import JobKind, JobState
from proprunn.downloads import download
from proprunn.errors import NotFoundError, WaitTimeoutError
from proprunn.events import Event, follow
from proprunn.progress import ProgressBar
from proprunn.results import Simulation
from proprunn.training import Session
from proprunn.transport import Transport


class Job:
    """A job as it was when last looked at; `refresh` and `wait` look again."""

    def __init__(self, transport: Transport, document: Mapping[str, Any]) -> None:
        self._transport, self._document = transport, dict(document)

    def __repr__(self) -> str:
        return f"<Job {self.id} {self.kind} {self.state} {self.url}>"

    @property
    def id(self) -> str:
        """Its id."""
        return str(self._document["id"])

    @property
    def name(self) -> str:
        """What its user called it; may be empty."""
        return str(self._document["name"])

    @property
    def project(self) -> str:
        """Its project's id."""
        return str(self._document["project"])

    @property
    def kind(self) -> JobKind:
        """What it does."""
        return JobKind(self._document["kind"])

    @property
    def state(self) -> JobState:
        """`queued`, `running`, `completed`, `failed`, `cancelling` or `cancelled`."""
        return JobState(self._document["state"])

    @property
    def phase(self) -> str | None:
        """What a running job does at the moment, such as `simulate`."""
        return self._document["phase"] if self.state is JobState.RUNNING else None

    @property
    def done(self) -> bool:
        """Nothing will change any more."""
        return self.state.done

    @property
    def success(self) -> bool:
        """It completed."""
        return self.state is JobState.COMPLETED

    @property
    def failed(self) -> bool:
        """It failed: `failure` says why."""
        return self.state is JobState.FAILED

    @property
    def failure(self) -> Mapping[str, str] | None:
        """`class` (`input`, `capacity`, `infrastructure`, `bug`), `code` and `message`."""
        found: Mapping[str, str] | None = self._document["failure"]
        return found

    @property
    def figures(self) -> Mapping[str, Any]:
        """The main figures of a finished simulation; its report says where each comes from."""
        found: Mapping[str, Any] = self._document["figures"]
        return found

    @property
    def artifacts(self) -> Mapping[str, Mapping[str, Any]]:
        """Files that it made, by name."""
        if "artifacts" not in self._document:  # lists leave them out
            self.refresh()
        found: Mapping[str, Mapping[str, Any]] = self._document["artifacts"]
        return found

    @property
    def url(self) -> str:
        """Its page in the browser."""
        return f"{self._transport.url}/jobs/{self.id}"

    def to_mapping(self) -> dict[str, Any]:
        """The API's document."""
        return dict(self._document)

    def refresh(self) -> "Job":
        """Look again."""
        self._document = self._transport.get(f"/jobs/{self.id}")
        return self

    def wait(self, timeout_s: float | None = None, progress: bool = True) -> "Job":
        """Wait until it is over, however it ends: ask `success` then.

        Args:
            timeout_s: None waits as long as it takes.
            progress: draw a bar on stderr, where that is a terminal.

        Raises:
            WaitTimeoutError: it was not over in time; it goes on.
        """
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        self.refresh()
        with ProgressBar(progress) as bar:
            bar.show(self._document)
            events = iter(()) if self.done else follow(self._transport, self.id, int(self._document["last_event"]))
            for event in events:
                self._document.update(event["changes"] if event else {})
                bar.show(self._document)
                if self.done:
                    break
                if deadline is not None and time.monotonic() > deadline:
                    raise WaitTimeoutError(f"job {self.id} is {self.state} after {timeout_s} s; it goes on")
        return self.refresh()

    def events(self, after: int = 0) -> Iterator[Event]:
        """What happened and happens to it, after a cursor, until it is over."""
        return (event for event in follow(self._transport, self.id, after) if event)

    def logs(self) -> Iterator[str]:
        """Its log's lines, until it is over."""
        return (event["line"] for event in self.events() if event["line"])

    def cancel(self) -> "Job":
        """Cancel it: `cancelling` at once, `cancelled` when all its processes are gone. One that is over stays so."""
        self._document = self._transport.post(f"/jobs/{self.id}/cancel")
        return self

    def retry(self) -> "Job":
        """The same again, as a new job.

        Raises:
            ConflictError: it is not over.
        """
        return Job(self._transport, self._transport.post(f"/jobs/{self.id}/retry"))

    def download(self, name: str, path: str | Path = ".") -> Path:
        """Fetch a file that it made, taking up what an earlier call left, and check its digest.

        Args:
            name: a key of `artifacts`, such as `program`.
            path: a file, or a folder that takes the file's own name.

        Raises:
            NotFoundError: it made no such file.
            InternalError: it arrived damaged.
        """
        found = self.artifacts.get(name)
        if found is None:
            known = ", ".join(self.artifacts) or "none yet"
            raise NotFoundError(f"job {self.id} ({self.state}) has no artifact {name!r}; it has: {known}", 404)
        return download(self._transport, dict(found), Path(path))

    def download_report(self) -> Simulation:
        """A finished simulation's figures.

        Raises:
            ConflictError: it has none, and why.
        """
        return Simulation.parse(self._transport.get(f"/jobs/{self.id}/report"))

    def session(self) -> Session:
        """What a completed training session came to.

        Raises:
            NotFoundError: it is not over, or was no training session.
        """
        if self.kind not in (JobKind.TRAIN, JobKind.PRUNE) or not self.success:
            raise NotFoundError(f"job {self.id} ({self.kind}, {self.state}) is no completed training session", 404)
        if "result" not in self._document:  # lists leave it out
            self.refresh()
        return Session.of(self._document["result"])

    def sweep(self) -> dict[str, Any]:
        """What a completed sweep came to: `cells` by method and budget, `front`, `hypervolumes`, `points`, `failed`.

        Raises:
            NotFoundError: it is not over, or was no sweep.
        """
        if self.kind is not JobKind.PARETO or not self.success:
            raise NotFoundError(f"job {self.id} ({self.kind}, {self.state}) is no completed sweep", 404)
        return dict(self.refresh()._document["result"])

    def analysis(self) -> Mapping[str, Any]:
        """Where a simulation's cycles went, what bounds each layer, and which changes would save how much.

        Raises:
            ConflictError: it has no report, and why.
        """
        found: Mapping[str, Any] = self._transport.get(f"/jobs/{self.id}/analysis")
        return found
