"""One attempt from the message that starts it to its end."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, ParamSpec, Protocol, TypeVar

from django.db import InterfaceError, OperationalError

from backend.clients.service import (
    JobUnknownError,
    RemoteEvent,
    RemoteFile,
    RemoteJob,
    Service,
    ServiceDownError,
    ServiceRefusedError,
)
from backend.jobs import attempts, outbox
from backend.jobs.lineage import Candidate, Made, networks_among
from backend.jobs.models import Job, JobArtifact
from backend.jobs.orders import network_query
from backend.jobs.storage import check_storage
from backend.jobs.submit import QuotaError
from backend.workspace.store import DigestMismatchError, the_store
from contracts.errors import InputError
from contracts.job import EventKind, Failure, FailureClass, JobState

_LOG: Final = logging.getLogger(__name__)
_RECONNECT_SECONDS: Final = 0.3
_ENDS: Final = frozenset(state.value for state in JobState if state.done)
_LARGEST_RESULT_BYTES: Final = 8 << 30

P = ParamSpec("P")
R = TypeVar("R")


class Hands(Protocol):
    """What an attendant needs of its dispatcher."""

    async def store(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Do something with the database."""

    async def call(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Do something slow."""

    def lock(self, job: str) -> asyncio.Lock:
        """Held while the service is told something about a job."""


class Attendant:
    """Attends to one attempt; ends when it is over or no longer ours.

    Args:
        service: carries it out.
        gate: the service that looks at networks; one that is away is waited for.
    """

    def __init__(self, hands: Hands, service: Service, gate: Service, job: Job) -> None:
        self._hands, self._service, self._gate, self._job = hands, service, gate, job

    async def run(self) -> None:
        """Tell the service, listen, and bring the results home."""
        try:
            if await self._deliver():
                await self._follow()
        except (InterfaceError, OperationalError):
            _LOG.exception("the database failed while %s was attended to; that goes on when it is back", self._job)
        except Exception as error:
            _LOG.exception("attending to %s failed", self._job)
            await self._fail(FailureClass.INFRASTRUCTURE, type(error).__name__, f"the backend failed: {error}")

    async def _deliver(self) -> bool:
        """Start the attempt at the service, unless that was done; False where it is over already."""
        if not await self._hands.store(outbox.start_pending, self._job):
            return True
        try:
            async with self._hands.lock(self._job.pk):
                await self._hands.call(self._put)
        except (ServiceDownError, JobUnknownError) as error:
            await self._fail(FailureClass.INFRASTRUCTURE, "ServiceDown", str(error))
            return False
        except ServiceRefusedError as error:
            await self._fail(FailureClass.INPUT, error.code or "Refused", error.whole)
            return False
        await self._hands.store(outbox.started, self._job)
        return True

    def _put(self) -> None:
        order = self._job.order
        for file in order["files"]:
            digest = file["digest"]
            self._service.ensure(file["kind"], digest, partial(the_store().read, digest), file["query"])
        self._service.put_attempt(self._job.pk, self._job.attempt, order["body"])

    async def _follow(self) -> None:
        """Take over events until the end; whenever the line breaks, go on from the last one."""
        while True:
            try:
                if await self._listen():
                    return
            except ServiceDownError as error:
                _LOG.info("%s: %s", self._job, error)
            except JobUnknownError:
                await self._hands.store(attempts.lose, await self._current(), "the service was restarted and forgot it")
                return
            await asyncio.sleep(_RECONNECT_SECONDS)
            if not await self._still_ours():
                return

    async def _listen(self) -> bool:
        """Whether everything is over."""
        async for event in self._service.events(self._job.pk, self._job.cursor):
            if not await self._take(event):
                return True
        return await self._finish()

    async def _take(self, event: RemoteEvent) -> bool:
        """Whether to go on after this event."""
        if event.attempt > self._job.attempt:
            return False
        if event.attempt < self._job.attempt or event.sequence <= self._job.cursor:
            return True
        if event.kind == EventKind.STATE.value and event.data.get("state") in _ENDS:
            return not await self._finish()
        self._job.cursor = event.sequence
        return await self._hands.store(attempts.hear, self._job, event.kind, event.data, event.sequence)

    async def _finish(self) -> bool:
        """Record how the attempt ended; False where it has not."""
        remote = await self._hands.call(self._service.job, self._job.pk)
        if remote.attempt != self._job.attempt:
            return True
        if remote.state not in _ENDS:
            return False
        job = await self._current()
        if job.state == JobState.CANCELLING.value or remote.state == JobState.CANCELLED.value:
            await self._cancelled(job)
        elif remote.state == JobState.COMPLETED.value:
            await self._complete(remote)
        else:
            failure = remote.failure or {"class": "bug", "code": "Unknown", "message": "it failed without a reason"}
            await self._fail(FailureClass(failure["class"]), failure["code"], failure["message"])
        # Cancelled meanwhile: that it ended in another way no longer matters.
        await self._hands.store(attempts.end_cancelled, self._job)
        return True

    async def _cancelled(self, job: Job) -> None:
        if job.state == JobState.CANCELLING.value:
            await self._hands.store(attempts.end_cancelled, job)
        else:  # the service was told to cancel by somebody else
            await self._fail(FailureClass.INFRASTRUCTURE, "Cancelled", "the service cancelled it unasked")

    async def _complete(self, remote: RemoteJob) -> None:
        size = sum(file.size_bytes for file in remote.artifacts.values())
        try:
            await self._hands.store(self._check_room, size)
            files = await self._hands.call(self._fetch, remote.artifacts)
        except QuotaError as error:
            await self._fail(FailureClass.CAPACITY, "Quota", f"its results were not kept: {error}")
            return
        except (OSError, DigestMismatchError, InputError) as error:
            text = f"its results could not be kept: {error}"
            await self._fail(FailureClass.INFRASTRUCTURE, type(error).__name__, text)
            return
        networks = networks_among(self._job, files, remote.result)
        made = [one for each in networks if (one := await self._hands.call(self._made, each)) is not None]
        await self._hands.store(attempts.complete, self._job, remote.result, files, made)

    def _made(self, network: Candidate) -> Made | None:
        """A network among the files, looked at as an uploaded one is; None where it is not one that can be kept."""
        digest = network.artifact
        try:
            facts = self._gate.ensure("networks", digest, partial(the_store().read, digest), network_query(digest, {}))
        except ServiceRefusedError as error:
            _LOG.info("a network of %s does not become a version: %s", self._job, error)
            return None
        return Made(network, facts)

    def _check_room(self, more_bytes: int) -> None:
        job = Job.objects.select_related("project", "user").get(pk=self._job.pk)
        check_storage(job.project, job.user, more_bytes)

    def _fetch(self, remote: Mapping[str, RemoteFile]) -> list[JobArtifact]:
        store = the_store()
        files = []
        for name, file in remote.items():
            artifact = store.add(self._service.content(file.digest), _LARGEST_RESULT_BYTES, file.digest)
            made: dict[str, Any] = {"file_name": file.name, "media_type": file.media_type}
            files.append(JobArtifact(job=self._job, name=name, artifact=artifact, **made))
        return files

    async def _fail(self, failure_class: FailureClass, code: str, message: str) -> None:
        await self._hands.store(attempts.fail, self._job, Failure(failure_class, code, message))

    async def _current(self) -> Job:
        return await self._hands.store(Job.objects.get, pk=self._job.pk)

    async def _still_ours(self) -> bool:
        condition = attempts.fence_of(self._job, attempts.ACTIVE).condition()
        return await self._hands.store(Job.objects.filter(**condition).exists)
