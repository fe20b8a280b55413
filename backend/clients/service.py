"""Any service: files, attempts, events, results."""

import json
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Protocol

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from contracts.errors import InputError, ProPruNNError
from contracts.job import ServiceName

SERVICE_WORDS: Final = {ServiceName.HARDWARE: "the hardware service", ServiceName.LEARNING: "the learning service"}
_NOT_KNOWN: Final = 4404
_PING_SECONDS: Final = 5.0
_GLANCE_SECONDS: Final = 3.0
_ANSWER_SECONDS: Final = 5.0
"""For what the service knows without working: one that is frozen accepts calls and never answers."""
_CANCEL_SECONDS: Final = 10.0
_ROWS_SECONDS: Final = 20.0
_PREDICT_SECONDS: Final = 60.0
"""The first question after a start waits for the learning libraries."""
_CHOICES: Final = ("networks", "data", "methods")


class ServiceDownError(ProPruNNError):
    """The service cannot be reached, or says that the fault is its own; try again later."""


class ServiceRefusedError(InputError):
    """The service refuses a request as wrong.

    Attributes:
        code: name of the error, such as `NetworkError`.
        field: the input at fault, or "".
        fix: what would be accepted, or "".
    """

    def __init__(self, detail: str, status: int, code: str = "", field: str = "", fix: str = "") -> None:
        super().__init__(detail)
        self.status, self.code, self.field, self.fix = status, code, field, fix

    @property
    def whole(self) -> str:
        """What is wrong, and after a semicolon the fix."""
        return f"{self}; {self.fix}" if self.fix else str(self)


class JobUnknownError(ProPruNNError):
    """The service knows no such job: it was restarted, or never got it."""


@dataclass(frozen=True)
class RemoteFile:
    """A file that the service made."""

    digest: str
    size_bytes: int
    media_type: str
    name: str


@dataclass(frozen=True)
class RemoteJob:
    """What the service knows of a job's newest attempt."""

    attempt: int
    state: str
    failure: Mapping[str, str] | None
    result: Mapping[str, Any] | None
    artifacts: Mapping[str, RemoteFile]


@dataclass(frozen=True)
class RemoteEvent:
    """One event as the service numbers it."""

    attempt: int
    sequence: int
    kind: str
    data: Mapping[str, Any]


Content = Callable[[], Iterable[bytes]]
"""Opens a file that may have to be sent."""


class Service(Protocol):
    """What the backend needs of a service. All methods raise `ServiceDownError` and `ServiceRefusedError`."""

    def slots(self) -> int:
        """How many attempts run at a time."""

    def code(self) -> str:
        """Digest over the code that carries jobs out."""

    def ensure(self, kind: str, digest: str, content: Content, query: Mapping[str, str]) -> Mapping[str, Any]:
        """Have the service know a `networks` or `data` file; returns what its gate found."""

    def put_attempt(self, job: str, attempt: int, body: Mapping[str, Any]) -> None:
        """Start an attempt, once."""

    def job(self, job: str) -> RemoteJob:
        """The newest attempt. Raises `JobUnknownError`."""

    def cancel(self, job: str) -> None:
        """Ask for the end of the newest attempt. Raises `JobUnknownError`."""

    def content(self, digest: str) -> Iterator[bytes]:
        """A file that an attempt made."""

    def events(self, job: str, after: int) -> AsyncIterator[RemoteEvent]:
        """Events from a cursor to the job's end, as they happen. Raises `JobUnknownError`."""


class ServiceClient:
    """The service of that name behind an address; may be used from any thread."""

    def __init__(self, name: ServiceName, url: str, token: str, transport: httpx.BaseTransport | None = None) -> None:
        self._name = name
        self._url, self._headers = url.rstrip("/"), {"Authorization": f"Bearer {token}"}
        timeout = httpx.Timeout(10.0, read=120.0)
        self._client = httpx.Client(base_url=self._url, headers=self._headers, timeout=timeout, transport=transport)

    def slots(self) -> int:
        """See `Service`."""
        return int(self._json("GET", "/v1/health", timeout=_ANSWER_SECONDS)["slots"])

    def code(self) -> str:
        """See `Service`."""
        return str(self._json("GET", "/v1/health", timeout=_ANSWER_SECONDS)["code"])

    def workers(self) -> Mapping[str, Any]:
        """Who runs jobs, and the service's version; asked for by operators, who do not wait long."""
        found: Mapping[str, Any] = self._json("GET", "/v1/workers", timeout=_GLANCE_SECONDS)
        return found

    def ensure(self, kind: str, digest: str, content: Content, query: Mapping[str, str]) -> Mapping[str, Any]:
        """See `Service`."""
        try:
            known = self._json("GET", f"/v1/{kind}/{digest}")
        except JobUnknownError:
            known = self._json("POST", f"/v1/{kind}", content=content(), params=query)
        if known["digest"] != digest:
            raise ServiceDownError(f"the service got a file with digest {known['digest']}; {digest} was sent")
        facts: Mapping[str, Any] = known["facts"]
        return facts

    def estimate_campaign(self, definition: Mapping[str, Any]) -> Mapping[str, Any]:
        """What a campaign will take: the hardware service prices some of its networks, which may take some seconds."""
        found: Mapping[str, Any] = self._json("POST", "/v1/campaigns/estimate", json={"definition": definition})
        return found

    def campaign_rows(self, definition: Mapping[str, Any]) -> Mapping[str, Any]:
        """How the rows of a campaign that the hardware service has so far are distributed."""
        path = "/v1/campaigns/rows"
        found: Mapping[str, Any] = self._json("POST", path, json={"definition": definition}, timeout=_ROWS_SECONDS)
        return found

    def put_attempt(self, job: str, attempt: int, body: Mapping[str, Any]) -> None:
        """See `Service`."""
        self._json("PUT", f"/v1/jobs/{job}/attempts/{attempt}", json=body)

    def job(self, job: str) -> RemoteJob:
        """See `Service`."""
        found = self._json("GET", f"/v1/jobs/{job}", timeout=_ANSWER_SECONDS)
        files = {
            name: RemoteFile(file["digest"], file["size_bytes"], file["media_type"], file["name"])
            for name, file in found["artifacts"].items()
        }
        return RemoteJob(found["attempt"], found["state"], found["failure"], found["result"], files)

    def predict(self, predictor: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """What a predictor of the learning service says, which `ensure` made known; asked for by people, who wait.

        Raises:
            ServiceDownError, ServiceRefusedError, JobUnknownError.
        """
        place = f"/v1/predictor-files/{predictor}/predict"
        found: Mapping[str, Any] = self._json("POST", place, json=body, timeout=_PREDICT_SECONDS)
        return found

    def choices(self) -> Mapping[str, Any]:
        """What training sessions of the learning service can be about: `networks`, `data`, `methods`, `costs`."""
        found = {name: self._json("GET", f"/v1/{name}", timeout=_PREDICT_SECONDS) for name in _CHOICES}
        return {**{name: each["items"] for name, each in found.items()}, "costs": found["methods"]["costs"]}

    def reachable(self, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """Which budgets a network can keep, as the learning service says; asked for by people, who wait.

        Raises:
            ServiceDownError, ServiceRefusedError.
        """
        found: Mapping[str, Any] = self._json("POST", "/v1/reachable", json=dict(options), timeout=_PREDICT_SECONDS)
        return found

    def check(self, body: Mapping[str, Any]) -> None:
        """Whether the learning service would take a training job, all whose files `ensure` made known; asked for by people, who wait.

        Raises:
            ServiceDownError, ServiceRefusedError, JobUnknownError.
        """
        self._json("POST", "/v1/check", json=dict(body), timeout=_PREDICT_SECONDS)

    def cancel(self, job: str) -> None:
        """See `Service`."""
        self._json("POST", f"/v1/jobs/{job}/cancel", timeout=_CANCEL_SECONDS)

    def content(self, digest: str) -> Iterator[bytes]:
        """See `Service`."""
        with _translated(self._name), self._client.stream("GET", f"/v1/artifacts/{digest}") as answer:
            if not answer.is_success:
                answer.read()
            _check(answer, self._name)
            yield from answer.iter_bytes(1 << 20)

    async def events(self, job: str, after: int) -> AsyncIterator[RemoteEvent]:
        """See `Service`."""
        url = f"{self._url.replace('http', 'ws', 1)}/v1/jobs/{job}/events/live?after={after}"
        try:
            # Without a pong in time the service hangs: the socket is given up.
            async with connect(
                url,
                additional_headers=self._headers,
                open_timeout=10,
                close_timeout=2,
                ping_interval=_PING_SECONDS,
                ping_timeout=_PING_SECONDS,
                max_size=16 << 20,
            ) as socket:
                async for text in socket:
                    value = json.loads(text)
                    yield RemoteEvent(value["attempt"], value["sequence"], value["kind"], value["data"])
                _check_end(socket.close_code, self._name)
        except ConnectionClosed as error:
            _check_end(error.rcvd.code if error.rcvd else None, self._name)
            raise ServiceDownError("the service's events broke off") from error
        except (OSError, TimeoutError, InvalidHandshake) as error:
            raise ServiceDownError(f"the service's events cannot be read: {error}") from error

    def close(self) -> None:
        """Give up all connections."""
        self._client.close()

    def _json(self, method: str, path: str, **how: Any) -> Any:
        with _translated(self._name):
            answer = self._client.request(method, path, **how)
            _check(answer, self._name)
            return answer.json()


def _check_end(code: int | None, name: ServiceName) -> None:
    if code == _NOT_KNOWN:
        raise JobUnknownError("the service does not know the job")
    if code == 4401:
        raise _refuses_token(name)


def _refuses_token(name: ServiceName) -> ServiceDownError:
    return ServiceDownError(f"{name} refuses the backend's token: set PROPRUNN_BACKEND_{name.upper()}_TOKEN")


@contextmanager
def _translated(name: ServiceName) -> Iterator[None]:
    try:
        yield
    except (httpx.HTTPError, httpx.StreamError) as error:
        raise ServiceDownError(
            f"{SERVICE_WORDS[name]} cannot be reached: {str(error) or type(error).__name__}"
        ) from error


def _check(answer: httpx.Response, name: ServiceName) -> None:
    """Turn a problem answer into an error."""
    if answer.is_success:
        return
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    detail = str(problem.get("detail") or f"status {answer.status_code}")
    if answer.status_code == HTTPStatus.UNAUTHORIZED:
        raise _refuses_token(name)
    if answer.status_code == HTTPStatus.NOT_FOUND:
        raise JobUnknownError(detail)
    if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status_code == HTTPStatus.REQUEST_TIMEOUT:
        raise ServiceDownError(f"{SERVICE_WORDS[name]} failed: {detail}")
    code, field, fix = (str(problem.get(name) or "") for name in ("code", "field", "fix"))
    raise ServiceRefusedError(detail, answer.status_code, code, field, fix)
