"""A job as the world sees it: its document, which the changes of its events add up to."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from backend.jobs.models import Job, JobEvent

LIST_COLUMNS: Final = (
    "id", "project", "user", "run", "retry_of", "kind", "name", "network", "network_name", "accelerator_name",
    "campaign", "state", "attempt", "created", "started", "ended", "phase", "fraction", "seconds_left", "reason",
    "failure", "figures", "cached_from",
)  # fmt: skip
"""Columns in lists."""
DOCUMENT_COLUMNS: Final = (*LIST_COLUMNS, "options", "result")
"""Columns in a job's own document."""
_REFERENCES: Final = frozenset({"project", "user", "run", "retry_of", "network", "cached_from"})


def plain(value: Any) -> Any:
    """As JSON carries it: times in ISO 8601 with `Z`."""
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value


def column_of(name: str) -> str:
    """The attribute that holds a document's field, without loading what it refers to."""
    return f"{name}_id" if name in _REFERENCES else name


def fields_of(job: Job, names: Iterable[str]) -> dict[str, Any]:
    """Some fields of a job's document."""
    return {name: plain(getattr(job, column_of(name))) for name in names}


def document(job: Job, names: Iterable[str] = DOCUMENT_COLUMNS) -> dict[str, Any]:
    """The whole document; `artifacts` come by themselves."""
    return finished(fields_of(job, names))


def finished(values: dict[str, Any]) -> dict[str, Any]:
    """With the few booleans to program against, which follow from the state."""
    state = values["state"]
    values["done"] = state in ("completed", "failed", "cancelled")
    values["success"], values["failed"] = state == "completed", state == "failed"
    return values


def rebuild(events: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """A job's document from its events, in order."""
    values: dict[str, Any] = {}
    for event in events:
        values.update(event["changes"])
    return values


def event_document(event: JobEvent) -> dict[str, Any]:
    """An event as REST, websocket and server-sent events carry it."""
    return {
        "job": event.job_id,
        "project": event.project_id,
        "sequence": event.sequence,
        "number": event.number,
        "attempt": event.attempt,
        "time": plain(event.time),
        "kind": event.kind,
        "changes": event.changes,
        "line": event.line,
        "data": event.data,
    }
