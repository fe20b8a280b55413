"""Carries jobs to the services and back: claims, tells, listens, renews leases, takes over what others dropped.

It holds no truth: killed at any moment, its successor goes on from the database.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final, ParamSpec, TypeVar

from channels.layers import get_channel_layer
from django.conf import settings
from django.db import close_old_connections

from backend.clients.service import JobUnknownError, RemoteJob, Service, ServiceDownError
from backend.jobs import attempts, claim, doorbell, heartbeat, outbox, reuse, sweep
from backend.jobs.attend import Attendant
from backend.jobs.collection import collect
from backend.jobs.models import Job, Message
from backend.jobs.ownership import Ownership
from contracts.job import JobKind, ServiceName, service_of

_LOG: Final = logging.getLogger(__name__)
_POLL_SECONDS: Final = 0.5
_SWEEP_SECONDS: Final = 1.0
_COLLECT_SECONDS: Final = 3600.0
_TELLER: Final = "teller"

P = ParamSpec("P")
R = TypeVar("R")


class Dispatcher:
    """One per process at most; several processes may run one each."""

    def __init__(self, services: Mapping[ServiceName, Service]) -> None:
        self._services = services
        self._ownership = Ownership()
        self._database = ThreadPoolExecutor(1, "dispatcher-database")
        self._calls = ThreadPoolExecutor(16, "dispatcher-calls")
        self._attended: dict[str, asyncio.Task[None]] = {}
        self._carriers: dict[str, Service] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._bells = {who: asyncio.Event() for who in (*services, _TELLER)}

    @property
    def owner(self) -> str:
        """Its name in jobs' rows."""
        return self._ownership.name

    async def run(self) -> None:
        """Work until cancelled."""
        loops = (
            self._listen(),
            *map(self._claim, self._services),
            self._tell(),
            self._renew(),
            self._sweep(),
            self._collect(),
        )
        try:
            async with asyncio.TaskGroup() as group:
                for loop in loops:
                    group.create_task(loop)
        finally:
            for task in self._attended.values():
                task.cancel()
            await asyncio.gather(*self._attended.values(), return_exceptions=True)
            self._database.shutdown()
            self._calls.shutdown(wait=False, cancel_futures=True)
            self._ownership.close()

    async def store(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Do something with the database, in the one thread that has its connection."""
        return await asyncio.get_running_loop().run_in_executor(self._database, _fresh, lambda: work(*args, **kwargs))

    async def call(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Do something slow, such as asking the service; may use the database, too."""
        return await asyncio.get_running_loop().run_in_executor(self._calls, _fresh, lambda: work(*args, **kwargs))

    def lock(self, job: str) -> asyncio.Lock:
        """Held while the service is told something about a job."""
        return self._locks.setdefault(job, asyncio.Lock())

    async def _listen(self) -> None:
        """Wake up when something was rung; without the doorbell, jobs are found by looking."""
        while True:
            try:
                await self._listen_once()
            except Exception:
                _LOG.exception("the channel layer fails; it is tried again")
                await asyncio.sleep(_POLL_SECONDS)

    async def _listen_once(self) -> None:
        layer = get_channel_layer()
        channel = await layer.new_channel()
        await layer.group_add(doorbell.DISPATCH, channel)
        while True:
            await layer.receive(channel)
            self._ring()

    def _ring(self) -> None:
        for bell in self._bells.values():
            bell.set()

    async def _until_rung(self, who: str) -> None:
        """Wait for the doorbell, not for long: without it, jobs are found by looking."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._bells[who].wait(), _POLL_SECONDS)
        self._bells[who].clear()

    async def _forever(self, seconds: float, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        while True:
            try:
                await work()
            except ServiceDownError as error:
                _LOG.warning("%s", error)
            except Exception:
                _LOG.exception("a round failed; the next one follows")
            await asyncio.sleep(seconds)

    async def _claim(self, name: ServiceName) -> None:
        """Claim for one service, apart from the others: one that is away or frozen holds up nobody else."""
        while True:
            await self._until_rung(name)
            try:
                await self._claim_for(name)
            except ServiceDownError as error:
                _LOG.warning("%s", error)
                await asyncio.sleep(_POLL_SECONDS)
            except Exception:
                _LOG.exception("claiming failed; it is tried again")
                await asyncio.sleep(_POLL_SECONDS)

    async def _claim_for(self, name: ServiceName) -> None:
        if not await self.store(claim.anything_claimable, name):
            return
        if name is ServiceName.HARDWARE and settings.ENVIRONMENT.reuse:
            await self.store(reuse.serve, await self.call(self._services[name].code))
        slots = await self.call(self._services[name].slots)
        for job in await self.store(claim.claim, self.owner, slots, name):
            self._attend(job)

    def _service_for(self, job: Job) -> Service:
        return self._services[service_of(JobKind(job.kind))]

    def _attend(self, job: Job) -> None:
        self._carriers[job.pk] = service = self._service_for(job)
        attendant = Attendant(self, service, self._services[ServiceName.HARDWARE], job)
        previous = self._attended.get(job.pk)
        if previous is not None:
            previous.cancel()
        task = asyncio.create_task(attendant.run(), name=str(job))
        self._attended[job.pk] = task
        task.add_done_callback(lambda done: self._forget(job.pk, done))

    def _forget(self, job: str, task: "asyncio.Task[None]") -> None:
        if self._attended.get(job) is task:
            del self._attended[job]
            self._carriers.pop(job, None)
            self._locks.pop(job, None)
        self._ring()

    async def _tell(self) -> None:
        await self._forever(0.0, self._tell_once)

    async def _tell_once(self) -> None:
        await self._until_rung(_TELLER)
        for message in await self.store(outbox.due_cancels):
            async with self.lock(message.job_id):
                await self._tell_cancel(message)

    async def _tell_cancel(self, message: Message) -> None:
        if await self.store(outbox.is_overtaken, message):
            await self.store(outbox.heard, message)
            return
        try:
            await self.call(self._service_for(message.job).cancel, message.job_id)
        except JobUnknownError:
            await self.store(outbox.heard, message, unknown=True)
        except ServiceDownError:
            await self.store(outbox.unheard, message)
        else:
            await self.store(outbox.heard, message)

    async def _renew(self) -> None:
        seconds = settings.ENVIRONMENT.lease_s / 3
        await self._forever(seconds, lambda: self._renew_once(seconds))

    async def _renew_once(self, seconds: float) -> None:
        """Renew the leases of attempts that the service says it has."""
        names = list(self._attended)
        answers = await asyncio.gather(*(self._remote(self._carriers[name], name) for name in names))
        heard = [name for name, answer in zip(names, answers, strict=True) if answer is not None]
        if heard:
            await self.store(attempts.renew, self.owner, heard, seconds)

    async def _remote(self, service: Service, job: str) -> RemoteJob | None:
        try:
            return await self.call(service.job, job)
        except (ServiceDownError, JobUnknownError):
            return None

    async def _sweep(self) -> None:
        await self._forever(_SWEEP_SECONDS, self._sweep_once)

    async def _collect(self) -> None:
        async def once() -> None:
            await self.call(collect)

        await self._forever(_COLLECT_SECONDS, once)

    async def _sweep_once(self) -> None:
        await self.store(heartbeat.beat, self.owner)
        for job in await self.store(sweep.expired, self.owner):
            if await self.store(attempts.expire, job):
                _LOG.warning("%s was silent for too long", job)
        left = await self.store(sweep.orphans, self.owner)
        dropped = await self.store(sweep.unattended, self.owner, list(self._attended))
        left += [job for job in dropped if job.pk not in self._attended]
        await asyncio.gather(*map(self._take_over, left))

    async def _take_over(self, job: Job) -> None:
        """Go on with an attempt where the service has it or can be asked; else wait for its lease to end."""
        try:
            known = await self.call(self._service_for(job).job, job.pk)
            lost = known.attempt != job.attempt
        except JobUnknownError:
            lost = True
        except ServiceDownError:
            if await self.store(sweep.lease_is_over, job):
                await self.store(attempts.expire, job)
            return
        adopted = await self.store(sweep.adopt, job, self.owner)
        if adopted is None:
            return
        if lost and not await self.store(outbox.start_pending, adopted):
            await self.store(attempts.lose, adopted, "the service was restarted and forgot it")
            return
        self._attend(adopted)


def _fresh(work: Callable[[], R]) -> R:
    close_old_connections()
    return work()
