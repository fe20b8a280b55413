"""The hardware side as a service, which may run on another machine."""

import hashlib
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import httpx

from contracts.accelerator import Accelerator
from contracts.errors import CapacityError, InputError, ToolError
from contracts.job import FailureClass, JobKind
from mlservice.hardware.port import PROGRAM, SIMULATION

URL_VARIABLE: Final = "PROPRUNN_MLSERVICE_HARDWARE_URL"
TOKEN_VARIABLE: Final = "PROPRUNN_MLSERVICE_HARDWARE_TOKEN"  # noqa: S105  # its name
_WAIT_S: Final = 20.0
_TIMEOUT: Final = httpx.Timeout(10.0, read=120.0)
_CLASSES: Final[Mapping[str, type[Exception]]] = {
    FailureClass.INPUT.value: InputError,
    FailureClass.CAPACITY.value: CapacityError,
}
"""What a failed job raises; all others are the machine's fault."""
_KEPT: Final = {"program": PROGRAM, "report": SIMULATION}


@dataclass
class HardwareService:
    """See `Hardware`: jobs of the hardware service, on its own slots.

    Args:
        url: its address.
        token: what it wants to be presented with.
        transport: in place of the network.
    """

    url: str
    token: str
    transport: httpx.BaseTransport | None = None
    _client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        headers = {"Authorization": f"Bearer {self.token}"}
        address = self.url.rstrip("/")
        self._client = httpx.Client(base_url=address, headers=headers, timeout=_TIMEOUT, transport=self.transport)

    def simulate(
        self, network: Path, accelerator: Accelerator, calibration: Path, keep: Path | None = None
    ) -> dict[str, Any]:
        """See `Hardware`."""
        options = {
            "network": self._upload("networks", network),
            "accelerator": asdict(accelerator),
            "calibration": self._upload("data", calibration),
        }
        job = self._carried_out(JobKind.SIMULATE, options)
        for name, file in _KEPT.items() if keep is not None else ():
            assert keep is not None
            self._download(job["artifacts"][name]["url"], keep / file)
        report: dict[str, Any] = job["result"]["report"]
        return report

    def evaluate(self, network: Path, calibration: Path, inputs: Path) -> dict[str, Any]:
        """See `Hardware`."""
        options = {
            "network": self._upload("networks", network),
            "calibration": self._upload("data", calibration),
            "inputs": self._upload("data", inputs),
        }
        accuracy: dict[str, Any] = self._carried_out(JobKind.EVALUATE, options)["result"]["accuracy"]
        return accuracy

    def _upload(self, place: str, path: Path) -> str:
        """The file's digest; it is sent where the service does not have it."""
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            with self._translated():
                known = self._client.get(f"/v1/{place}/{digest}")
                if known.status_code == HTTPStatus.NOT_FOUND:
                    known = self._client.post(f"/v1/{place}", content=file, params={"name": path.name})
        _check(known)
        return digest

    def _carried_out(self, kind: JobKind, options: Mapping[str, Any]) -> dict[str, Any]:
        """The completed job."""
        with self._translated():
            job = self._client.put(
                f"/v1/jobs/{secrets.token_hex(16)}/attempts/1", json={"kind": kind.value, "options": dict(options)}
            )
            _check(job)
            found: dict[str, Any] = job.json()
            seen = 0
            while not found["done"]:
                events = self._client.get(found["events_url"], params={"after": seen, "wait_s": _WAIT_S})
                _check(events)
                seen = events.json()["next"]
                job = self._client.get(found["url"])
                _check(job)
                found = job.json()
        if not found["success"]:
            failure = found["failure"] or {"class": "infrastructure", "message": f"somebody {found['state']} it"}
            raise _CLASSES.get(failure["class"], ToolError)(f"{kind.value} failed: {failure['message']}")
        return found

    def _download(self, url: str, path: Path) -> None:
        with self._translated(), self._client.stream("GET", url) as answer, path.open("wb") as file:
            if not answer.is_success:
                answer.read()
            _check(answer)
            for chunk in answer.iter_bytes():
                file.write(chunk)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except httpx.HTTPError as error:
            said = str(error) or type(error).__name__
            raise ToolError(
                f"the hardware service at {self.url} cannot be reached: {said}; see {URL_VARIABLE}"
            ) from error


def _check(answer: httpx.Response) -> None:
    """Raise what a problem answer says."""
    if answer.is_success:
        return
    try:
        detail = str(answer.json()["detail"])
    except (ValueError, KeyError):
        detail = f"status {answer.status_code}"
    if answer.status_code == HTTPStatus.UNAUTHORIZED:
        raise ToolError(f"the hardware service refuses the token in {TOKEN_VARIABLE}")
    if answer.status_code in (HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.REQUEST_ENTITY_TOO_LARGE):
        raise InputError(f"the hardware service refuses it: {detail}")
    raise ToolError(f"the hardware service failed: {detail}")
