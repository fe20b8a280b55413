"""Every endpoint as owner, editor, viewer, stranger, operator and somebody without an account.

The endpoints are those of the URL configuration: one without an entry in `roles.ENTRIES` fails here.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.urls import URLResolver, get_resolver
from django.urls.resolvers import URLPattern

from backend.accounts.caller import Caller
from backend.accounts.models import Scope, User
from backend.accounts.tokens import issue
from backend.clients import current
from backend.jobs.models import Job, JobArtifact
from backend.jobs.runs import RunWish, submit_run
from backend.webhooks import endpoints
from backend.workspace.models import Accelerator, DataFile, Membership, Network, Project, Role
from contracts.job import JobKind, JobState
from tests.backend.api.roles import ENTRIES, Entry, Expect
from tests.backend.conftest import Api, ClientOf, Person, keep

API = "api/v1/"
LIVE = {"GET jobs/<>/events/stream"}
"""Held open: see `tests/backend/live/test_listeners.py`."""
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


def test_every_endpoint_says_who_may_use_it() -> None:
    missing = routes() - set(map(route_of, ENTRIES)) - LIVE
    assert not missing, f"add entries to tests/backend/api/roles.py for {sorted(missing)}"


def test_every_entry_belongs_to_an_endpoint() -> None:
    gone = set(map(route_of, ENTRIES)) - routes()
    assert not gone, f"remove entries from tests/backend/api/roles.py for {sorted(gone)}"


class Hardware:
    """A hardware service whose gate takes everything."""

    def __init__(self, *_: object) -> None: ...

    def slots(self) -> int:
        return 2

    def workers(self) -> dict[str, Any]:
        return {"version": "0", "executor": "local", "workers": []}

    def ensure(self, kind: str, digest: str, content: Callable[[], Any], query: Mapping[str, str]) -> dict[str, Any]:
        del kind, digest, query
        assert b"".join(content())
        return {}


@pytest.fixture(autouse=True)
def _hardware(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(current, "HwService", Hardware)
    current.hardware_service.cache_clear()
    yield
    current.hardware_service.cache_clear()


def finished_copy(job: Job) -> Job:
    """A job that ended with a report."""
    copy = Job.objects.get(pk=job.pk)
    copy.pk, copy.state = "job_finished", JobState.COMPLETED.value
    copy.save(force_insert=True)
    more = {"file_name": "report.json", "media_type": "application/json"}
    JobArtifact.objects.create(job=copy, name="report", artifact=keep(REPORT.read_bytes()), **more)
    return copy


@pytest.fixture
def users(owner: User, editor: User, viewer: User, stranger: User, operator: User) -> dict[str, User]:
    found = {"owner": owner, "editor": editor, "viewer": viewer, "stranger": stranger, "operator": operator}
    assert set(found) == set(Expect._fields) - {"anonymous"}
    return found


@pytest.fixture
def empty(owner: User, editor: User, viewer: User) -> Project:
    """A project that can be deleted, since nothing waits in it."""
    found = Project.objects.create(name="empty")
    for user, role in ((owner, Role.OWNER), (editor, Role.EDITOR), (viewer, Role.VIEWER)):
        Membership.objects.create(project=found, user=user, role=role)
    return found


@pytest.fixture
def world(
    users: dict[str, User],
    empty: Project,
    network: Network,
    data_file: DataFile,
    accelerator: Accelerator,
    job: Job,
    person: Person,
) -> World:
    """Names of all there is."""
    person("friend")
    editor = Caller.of_session(users["editor"])
    unused = Network.objects.create(project=network.project, name="unused", created_by=editor.user)
    webhook, _ = endpoints.create(editor, network.project, "https://receiver.example", ["job.failed"])
    run = submit_run(
        editor, network.project, RunWish("two", JobKind.COMPILE, [network.pk], ["edge-8x8"], None, None, {})
    )
    rows = {
        **users,
        "project": network.project,
        "empty": empty,
        "network": network,
        "unused_network": unused,
        "version": network.versions.get(),
        "data": data_file,
        "accelerator": accelerator,
        "job": job,
        "finished": finished_copy(job),
        "run": run,
        "webhook": webhook,
        "delivery": endpoints.send_test(editor, webhook),
        "token": issue(users["owner"], "mine", [Scope.READ])[0],
    }
    return {name: str(row.pk) for name, row in rows.items()}


def filled(value: Any, world: World) -> Any:
    """With the world's names in place of `{name}`."""
    if isinstance(value, str):
        return re.sub(r"\{(\w+)\}", lambda found: world[found[1]], value)
    if isinstance(value, dict):
        return {name: filled(part, world) for name, part in value.items()}
    return [filled(part, world) for part in value] if isinstance(value, list) else value


def send(client: Api, method: str, path: str, entry: Entry, world: World) -> Any:
    url = "/" + API + filled(path, world)
    if method == "GET":
        return client.get(url, filled(entry.query, world))
    query = "&".join(f"{name}={filled(value, world)}" for name, value in entry.query.items())
    if isinstance(entry.body, bytes):
        return client.post(f"{url}?{query}", entry.body, content_type="application/octet-stream")
    return getattr(client, method.lower())(f"{url}?{query}", filled(entry.body, world))


@pytest.mark.parametrize("role", Expect._fields)
@pytest.mark.parametrize("name", ENTRIES)
def test_an_endpoint_answers_each_character_as_its_entry_says(
    name: str, role: str, world: World, users: dict[str, User], client_of: ClientOf
) -> None:
    method, _, path = name.partition(" ")
    client = Api() if role == "anonymous" else client_of(users[role])
    answer = send(client, method, path, ENTRIES[name], world)
    said = answer.content[:300] if not answer.streaming else b"(a file)"
    assert answer.status_code == getattr(ENTRIES[name].expect, role), said


def test_strangers_are_never_told_that_something_is_forbidden() -> None:
    assert [name for name, entry in ENTRIES.items() if entry.expect.stranger == 403] == ["POST accounts"]


@pytest.mark.parametrize("path", ["projects", "jobs", "networks/diff?a={version}&b={version}", "compare?jobs={job}"])
def test_nothing_of_a_project_appears_in_a_stranger_s_answers(
    path: str, world: World, stranger: User, client_of: ClientOf
) -> None:
    shown = client_of(stranger).get("/" + API + filled(path, world)).content.decode()
    named = set(re.findall(r"\{(\w+)\}", path))
    assert not [
        name for name in ("project", "network", "job", "finished") if world[name] in shown and name not in named
    ]


def test_a_stranger_cancels_nothing_by_a_list(world: World, stranger: User, client_of: ClientOf) -> None:
    client = client_of(stranger)
    found = client.post("/api/v1/jobs/actions", {"do": "cancel", "jobs": [world["job"]]}).json()["items"][0]
    assert (found["changed"], found["problem"]["status"]) == (False, 404)
    assert Job.objects.get(pk=world["job"]).state == "queued"


def test_what_does_not_exist_and_what_may_not_be_seen_look_the_same(
    world: World, stranger: User, client_of: ClientOf
) -> None:
    client = client_of(stranger)
    for name, path in (
        ("network", "networks/{}"),
        ("job", "jobs/{}"),
        ("project", "projects/{}"),
        ("webhook", "webhooks/{}"),
    ):
        hidden, absent = (client.get("/" + API + path.format(key)).json() for key in (world[name], "nothing"))
        assert hidden["detail"].replace(world[name], "nothing") == absent["detail"]
        assert set(hidden) == set(absent)
