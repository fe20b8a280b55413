"""Every endpoint as owner, editor, viewer, stranger, operator and somebody without an account.

The endpoints are those of the URL configuration: one without an entry in `roles.ENTRIES` fails here.
"""

import re

import pytest

from backend.accounts.models import User
from backend.jobs.models import Job
from tests.backend.api.roles import ENTRIES, Expect
from tests.backend.api.world import API, World, filled, route_of, routes, send
from tests.backend.conftest import Api, ClientOf

LIVE = {"GET jobs/<>/events/stream", "GET projects/<>/events/stream"}
"""Held open: see `tests/backend/live/test_listeners.py`."""


def test_every_endpoint_says_who_may_use_it() -> None:
    missing = routes() - set(map(route_of, ENTRIES)) - LIVE
    assert not missing, f"add entries to tests/backend/api/roles.py for {sorted(missing)}"


def test_every_entry_belongs_to_an_endpoint() -> None:
    gone = set(map(route_of, ENTRIES)) - routes()
    assert not gone, f"remove entries from tests/backend/api/roles.py for {sorted(gone)}"


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
