"""Many jobs that were submitted together."""

from collections.abc import Iterator, Mapping
from typing import Any

from proprunn.jobs import Job
from proprunn.resources import pages
from proprunn.transport import Transport


class Run:
    """Every network on every accelerator, as one submission."""

    def __init__(self, transport: Transport, document: Mapping[str, Any]) -> None:
        self._transport, self._document = transport, dict(document)

    def __repr__(self) -> str:
        return f"<Run {self.id} {self.name!r} {dict(self.states)}>"

    @property
    def id(self) -> str:
        """Its id."""
        return str(self._document["id"])

    @property
    def name(self) -> str:
        """What its user called it."""
        return str(self._document["name"])

    @property
    def states(self) -> Mapping[str, int]:
        """How many of its jobs were in each state when last looked at."""
        found: Mapping[str, int] = self._document["states"]
        return found

    def to_mapping(self) -> dict[str, Any]:
        """The API's document."""
        return dict(self._document)

    def refresh(self) -> "Run":
        """Look again."""
        self._document = self._transport.get(f"/runs/{self.id}")
        return self

    def jobs(self) -> Iterator[Job]:
        """Its jobs, oldest first."""
        query = {"run": self.id, "order": "created"}
        return pages(self._transport, "/jobs", query, lambda item: Job(self._transport, item))

    def wait(self, progress: bool = True) -> list[Job]:
        """Wait for all of them."""
        return [job.wait(progress=progress) for job in self.jobs()]

    def cancel(self) -> "Run":
        """Cancel those that are not over."""
        self._document = self._transport.post(f"/runs/{self.id}/cancel")
        return self
