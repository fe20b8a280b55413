"""The hardware side as a service, which may run on another machine."""

import hashlib
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import httpx

from contracts.accelerator import Accelerator
from contracts.errors import CancelledError, CapacityError, InputError, ToolError
from contracts.job import FailureClass, JobKind
from mlservice.hardware.port import PROGRAM, SIMULATION

URL_VARIABLE: Final = "PROPRUNN_MLSERVICE_HARDWARE_URL"
TOKEN_VARIABLE: Final = "PROPRUNN_MLSERVICE_HARDWARE_TOKEN"  # noqa: S105  # its name
_WAIT_S: Final = 1.0
"""For what happens at the service, before it is asked again; so long a cancelled run may go on waiting."""
_ABANDON_S: Final = 2.0
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
        cancelled: asked every few seconds.
    """

    url: str
    token: str
    transport: httpx.BaseTransport | None = None
    cancelled: Callable[[], bool] = lambda: False
    _client: httpx.Client = field(init=False)
    _job: str | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._client = self._connected(_TIMEOUT)

    def _connected(self, timeout: httpx.Timeout) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.token}"}
        return httpx.Client(base_url=self.url.rstrip("/"), headers=headers, timeout=timeout, transport=self.transport)

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
        self._job = secrets.token_hex(16)
        try:
            found = self._followed(self._job, {"kind": kind.value, "options": dict(options)})
        except BaseException:
            self.abandon()
            raise
        finally:
            self._job = None
        if not found["success"]:
            failure = found["failure"] or {"class": "infrastructure", "message": f"somebody {found['state']} it"}
            raise _CLASSES.get(failure["class"], ToolError)(f"{kind.value} failed: {failure['message']}")
        return found

    def _followed(self, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The job when it is over.

        Raises:
            CancelledError: `cancelled` said so meanwhile.
        """
        with self._translated():
            job = self._client.put(f"/v1/jobs/{name}/attempts/1", json=body)
            _check(job)
            found: dict[str, Any] = job.json()
            seen = 0
            while not found["done"]:
                if self.cancelled():
                    raise CancelledError("cancelled while the hardware service was asked")
                events = self._client.get(found["events_url"], params={"after": seen, "wait_s": _WAIT_S})
                _check(events)
                seen = events.json()["next"]
                job = self._client.get(found["url"])
                _check(job)
                found = job.json()
        return found

    def abandon(self) -> None:
        """See `Hardware`: its job is cancelled, over a connection of its own, as the other may wait for an answer at this moment."""
        name = self._job
        if name is None:
            return
        with suppress(httpx.HTTPError), self._connected(httpx.Timeout(_ABANDON_S)) as client:
            client.post(f"/v1/jobs/{name}/cancel")

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
