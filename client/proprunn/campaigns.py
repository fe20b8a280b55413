"""A campaign: watched, paused, resumed, extended; its tables and card fetched."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from proprunn.errors import NotFoundError, UserError
from proprunn.jobs import Job
from proprunn.results import pandas
from proprunn.transport import Transport

FILES = ("networks", "layers", "card")
TRAINING = "training"
"""Only where networks were trained."""


def definition_from(given: str | Path | Mapping[str, Any]) -> dict[str, Any]:
    """A definition as it is, or from a file in TOML or, where its name says so, JSON.

    Raises:
        UserError: the file cannot be read.
    """
    if isinstance(given, Mapping):
        return dict(given)
    path = Path(given)
    try:
        text = path.read_text(encoding="utf-8")
        found = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise UserError(f"the definition {str(given)!r} cannot be read: {error}") from error
    if not isinstance(found, dict):
        raise UserError(f"the definition {str(given)!r} holds no table; docs/campaigns.md says what belongs there")
    return found


class Campaign:
    """A data set in the making: as it was when last looked at."""

    def __init__(self, transport: Transport, document: Mapping[str, Any]) -> None:
        self._transport, self._document = transport, dict(document)

    def __repr__(self) -> str:
        return f"<Campaign {self.id} {self.name!r} {self.state} {self.rows} of {self.rows_in_all} rows>"

    @property
    def id(self) -> str:
        """Its id."""
        return str(self._document["id"])

    @property
    def name(self) -> str:
        """What its user called it."""
        return str(self._document["name"])

    @property
    def state(self) -> str:
        """That of its newest job, or `pausing`, `paused`."""
        return str(self._document["state"])

    @property
    def networks(self) -> int:
        """That it draws."""
        return int(self._document["networks"])

    @property
    def rows_in_all(self) -> int:
        """When it is complete: every network on every accelerator."""
        return int(self._document["rows_in_all"])

    @property
    def rows(self) -> int | None:
        """That are there, as far as its newest job says."""
        found: int | None = self._document["rows"]
        return found

    @property
    def success(self) -> bool:
        """It is complete."""
        return self.state == "completed"

    @property
    def definition(self) -> Mapping[str, Any]:
        """What it consists of."""
        found: Mapping[str, Any] = self._whole()["definition"]
        return found

    @property
    def url(self) -> str:
        """The address of its page."""
        return f"{self._transport.url}/campaigns/{self.id}"

    def to_mapping(self) -> dict[str, Any]:
        """The API's document."""
        return dict(self._document)

    def refresh(self) -> "Campaign":
        """Look again."""
        self._document = self._transport.get(f"/campaigns/{self.id}")
        return self

    def job(self) -> Job:
        """Its newest job, with events and log."""
        return Job(self._transport, self._transport.get(f"/jobs/{self._document['job']}"))

    def wait(self, timeout_s: float | None = None, progress: bool = True) -> "Campaign":
        """Wait until it is complete, failed, cancelled or paused; on a terminal with a bar and the time left.

        Raises:
            WaitTimeoutError: it was not over in time; it goes on.
        """
        self.job().wait(timeout_s, progress)
        return self.refresh()

    def pause(self) -> "Campaign":
        """Stop it to go on later: `pausing` at once, `paused` when its processes are gone; every row that is there is kept.

        Raises:
            ConflictError: it neither waits nor runs.
        """
        return self._post("pause")

    def resume(self) -> "Campaign":
        """Go on with what was paused, cancelled or failed; no row is made twice.

        Raises:
            ConflictError: it is not over, or complete.
        """
        return self._post("resume")

    def extend(self, networks: int) -> "Campaign":
        """More of the same: its families grow in proportion until there are so many networks.

        Raises:
            ConflictError: it is not over.
            UserError: it has as many networks already.
        """
        return self._post("extend", {"networks": networks})

    def cancel(self) -> "Campaign":
        """End it, also while it is paused.

        Raises:
            ConflictError: it is over.
        """
        return self._post("cancel")

    def distributions(self) -> dict[str, Any]:
        """Histograms, scatter, counts and failures of the rows so far, as the page's plots show them; while it runs, too."""
        found: dict[str, Any] = self._transport.get(f"/campaigns/{self.id}/distributions")
        return found

    def download(self, folder: str | Path = ".") -> list[Path]:
        """Fetch `networks.parquet`, `layers.parquet`, the data card, and `training.parquet` where networks were trained.

        Raises:
            NotFoundError: it is not complete.
            InternalError: a file arrived damaged.
        """
        place = Path(folder)
        job = self.refresh().job()
        missing = next((name for name in FILES if name not in job.artifacts), None)
        if missing is not None:
            raise NotFoundError(f"campaign {self.id} is {self.state} and has no {missing} yet; wait for it", 404)
        place.mkdir(parents=True, exist_ok=True)
        return [job.download(name, place) for name in (*FILES, TRAINING) if name in job.artifacts]

    def frame(self, folder: str | Path = ".") -> Any:
        """The table `networks` as a pandas frame, fetched into a folder first.

        Raises:
            UserError: pandas is not installed.
            NotFoundError: it is not complete.
        """
        read = pandas().read_parquet
        return read(self.download(folder)[0])

    def _whole(self) -> dict[str, Any]:
        """Lists leave out what is long."""
        if "definition" not in self._document:
            self.refresh()
        return self._document

    def _post(self, verb: str, body: Mapping[str, Any] | None = None) -> "Campaign":
        self._document = self._transport.post(f"/campaigns/{self.id}/{verb}", body)
        return self
