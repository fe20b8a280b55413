"""Whether each part of the installation works, found out by using it."""

import asyncio
import shutil
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count

from backend.clients.current import hardware_service, learning_service
from backend.clients.service import ServiceClient
from backend.jobs import heartbeat
from backend.jobs.models import LIVE, Job
from backend.workspace.store import the_store
from contracts.errors import ProPruNNError

LEAST_FREE_BYTES: Final = 2 << 30
_PROBE: Final = b"probe"


class NotWellError(ProPruNNError):
    """A part works, but not as it should; the text says what is wrong and what to do."""


@dataclass(frozen=True)
class Check:
    """What came of using a part.

    Attributes:
        took_ms: how long that took.
        figures: what else there is to say, with units in the names.
    """

    name: str
    ok: bool
    detail: str
    took_ms: float
    figures: Mapping[str, Any] = field(default_factory=dict)


Part = Callable[[], tuple[str, dict[str, Any]]]
"""Uses a part; returns what to say of it, or raises."""


def checks(names: Collection[str] | None = None) -> list[Check]:
    """The named parts, or all, one after the other."""
    return [_check(name, part) for name, part in _PARTS.items() if names is None or name in names]


def _check(name: str, part: Part) -> Check:
    start = time.perf_counter()
    try:
        detail, figures = part()
        ok = True
    except Exception as error:  # whatever it is, it is what the operator wants to know
        detail, figures, ok = f"{error}" or type(error).__name__, {}, False
    return Check(name, ok, detail, round((time.perf_counter() - start) * 1e3, 2), figures)


def _database() -> tuple[str, dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        raise NotWellError(f"{len(missing)} migrations are missing: run `python manage.py migrate`")
    version = ".".join(map(str, connection.get_database_version()))
    return f"{connection.vendor} {version}", {}


def _store() -> tuple[str, dict[str, Any]]:
    store = the_store()
    with store.receive([_PROBE], len(_PROBE)) as incoming:
        if b"".join(store.read_incoming(incoming)) != _PROBE:
            raise NotWellError("what was written was read back otherwise")
    return "writes and reads", {}


def _hardware_service() -> tuple[str, dict[str, Any]]:
    return _workers_of(hardware_service(), "the hardware service")


def _learning_service() -> tuple[str, dict[str, Any]]:
    return _workers_of(learning_service(), "the learning service")


def _workers_of(service: ServiceClient, words: str) -> tuple[str, dict[str, Any]]:
    found = service.workers()
    slots = sum(worker["slots"] for worker in found["workers"])
    if slots == 0:
        raise NotWellError(f"{words} has no worker: start one, or set its --workers")
    return f"version {found['version']}, {found['executor']}", {"workers": len(found["workers"]), "slots": slots}


def _channel_layer() -> tuple[str, dict[str, Any]]:
    async_to_sync(_ring)()
    return type(get_channel_layer()).__name__, {}


async def _ring() -> None:
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.send(channel, {"type": "probe"})
    await asyncio.wait_for(layer.receive(channel), 2)


def _cache() -> tuple[str, dict[str, Any]]:
    cache.set("health:probe", 1, 10)
    if cache.get("health:probe") != 1:
        raise NotWellError("what was written was not read back")
    return "writes and reads", {}


def _dispatcher() -> tuple[str, dict[str, Any]]:
    found = heartbeat.newest()
    if found is None:
        raise NotWellError("none has been at work: start a process with PROPRUNN_BACKEND_DISPATCH=yes")
    if found.age_s > heartbeat.LATE_S:
        raise NotWellError(f"none has been at work for {found.age_s:.0f} s; the newest was {found.owner}")
    return found.owner, {"age_s": round(found.age_s, 1)}


def _jobs() -> tuple[str, dict[str, Any]]:
    rows = Job.objects.filter(state__in=LIVE).values_list("state").annotate(count=Count("id"))
    counts = dict.fromkeys(LIVE, 0) | dict(rows)
    return ", ".join(f"{count} {state}" for state, count in counts.items()), counts


def _disk() -> tuple[str, dict[str, Any]]:
    found = shutil.disk_usage(settings.ENVIRONMENT.folder)
    if found.free < LEAST_FREE_BYTES:
        raise NotWellError(f"{found.free} bytes are free; make room: {LEAST_FREE_BYTES} is the least")
    figures = {"free_bytes": found.free, "total_bytes": found.total}
    return f"{found.free / (1 << 30):.1f} GiB are free", figures


_PARTS: Final[Mapping[str, Part]] = {
    "database": _database,
    "store": _store,
    "hardware service": _hardware_service,
    "learning service": _learning_service,
    "channel layer": _channel_layer,
    "cache": _cache,
    "dispatcher": _dispatcher,
    "jobs": _jobs,
    "disk": _disk,
}
