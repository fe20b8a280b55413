"""Everything that the API can be asked about, and how to ask it as `roles.ENTRIES` says."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from django.urls import URLResolver, get_resolver
from django.urls.resolvers import URLPattern

from backend.clients.service import ServiceRefusedError
from backend.jobs.models import Job, JobArtifact
from contracts.campaign import ROW_COLUMNS, Rows
from contracts.job import JobState
from tests.backend.api.roles import Entry
from tests.backend.conftest import Api, keep

API = "api/v1/"
REPORT = Path(__file__).parents[2] / "frontend/data/resnet8-v1-edge-8x8.json"
METHODS = ("get", "post", "put", "patch", "delete")
World = Mapping[str, str]


def patterns(found: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in found:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from patterns(pattern.url_patterns, path)
        else:
            yield path, pattern.callback


def routes() -> set[str]:
    """`METHOD path` of everything below `/api/v1/`, with `<>` for what varies."""
    found = set()
    for path, callback in patterns(get_resolver().url_patterns):
        if not path.startswith(API):
            continue
        place = re.sub(r"<[^>]*>", "<>", path.removeprefix(API))
        view = getattr(callback, "view_class", None) or getattr(callback, "cls", None)
        found |= {f"{method.upper()} {place}" for method in METHODS if view is None and method == "get"}
        found |= {f"{method.upper()} {place}" for method in METHODS if hasattr(view, method)}
    return found


def route_of(entry: str) -> str:
    return re.sub(r"\{\w+\}|(?<=versions/)1(?=/|$)|(?<=artifacts/)report$", "<>", entry)


class Hardware:
    """Either service: its gate takes everything, it has no row of any campaign, its predictors say 2 ms to whatever is asked.

    There is one network, and it takes at least 0.01 ms.
    """

    def __init__(self, *_: object) -> None: ...

    def slots(self) -> int:
        return 2

    def workers(self) -> dict[str, Any]:
        return {"version": "0", "executor": "local", "workers": []}

    def estimate_campaign(self, definition: Mapping[str, Any]) -> dict[str, Any]:
        whole = {"name": str(definition.get("name", "")), "networks": 4, "rows": 4, "cycles": 1e5, "minutes": 0.1}
        whole |= {"processors": 2, "trainings": 0, "training_minutes": 0.0}
        return {**whole, "parts": [{"family": "plain", "rows": 4, "minutes": 0.1}]}

    def campaign_rows(self, definition: Mapping[str, Any]) -> dict[str, Any]:
        del definition
        return Rows({name: [] for name in ROW_COLUMNS}).distributions()

    def ensure(self, kind: str, digest: str, content: Callable[[], Any], query: Mapping[str, str]) -> dict[str, Any]:
        del kind, digest, query
        assert b"".join(content())
        return {}

    def predict(self, predictor: str, body: Mapping[str, Any]) -> dict[str, Any]:
        del predictor
        one = {"value": 2.0, "low": 1.9, "high": 2.1, "outside": False, "expert": 1.8, "inputs": None}
        about = {
            "target": body["target"] or "latency",
            "unit": "ms",
            "origin": "learned prediction",
            "microseconds": 9.0,
        }
        return {**about, "items": [one for _ in body["queries"]]}

    def choices(self) -> dict[str, Any]:
        return {"networks": [], "data": [], "methods": [], "costs": []}

    def check(self, body: Mapping[str, Any]) -> None:
        network = body["options"]["network"]
        if network != "resnet8":
            field, fix = "body.options.network", "did you mean resnet8? give one of resnet8"
            raise ServiceRefusedError(f"there is no network {network!r}", 422, "OptionError", field, fix)

    def reachable(self, options: Mapping[str, Any]) -> dict[str, Any]:
        figures = {"params": 1000, "macs": 10_000}
        rows = {"least": 0.01, "half": 0.2, "dense": 0.4}
        items = [{"name": name, "latency_ms": ms, "energy_mj": 2 * ms, **figures} for name, ms in rows.items()]
        about = {"accelerator": options["accelerator"]["name"], "origin": "expert estimate", "items": items}
        return {**{name: options[name] for name in ("network", "data", "cost")}, **about}


def finished_copy(job: Job) -> Job:
    """A job that ended with a report."""
    copy = Job.objects.get(pk=job.pk)
    copy.pk, copy.state = "job_finished", JobState.COMPLETED.value
    copy.save(force_insert=True)
    more = {"file_name": "report.json", "media_type": "application/json"}
    JobArtifact.objects.create(job=copy, name="report", artifact=keep(REPORT.read_bytes()), **more)
    return copy


def filled(value: Any, world: World) -> Any:
    """With the world's names in place of `{name}`."""
    if isinstance(value, str):
        return re.sub(r"\{(\w+)\}", lambda found: world[found[1]], value)
    if isinstance(value, dict):
        return {name: filled(part, world) for name, part in value.items()}
    return [filled(part, world) for part in value] if isinstance(value, list) else value


def send(client: Api, method: str, path: str, entry: Entry, world: World, **headers: str) -> Any:
    """The entry's request. A header is called as in `HTTP_IF_MATCH`."""
    url = "/" + API + filled(path, world)
    if method == "GET":
        return client.get(url, filled(entry.query, world), **headers)  # type: ignore[arg-type]  # as REST framework's tests do
    query = "&".join(f"{name}={filled(value, world)}" for name, value in entry.query.items())
    if isinstance(entry.body, bytes):
        return client.post(f"{url}?{query}", entry.body, content_type="application/octet-stream", **headers)  # type: ignore[arg-type]  # as above
    return getattr(client, method.lower())(f"{url}?{query}", filled(entry.body, world), **headers)
