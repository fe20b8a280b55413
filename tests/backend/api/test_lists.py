"""Lists of jobs: all pages together are what was asked for, whatever the number of projects, in a fixed number of queries."""

import base64
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, Final

import pytest
from pytest_django import DjangoAssertNumQueries

from backend.accounts.models import User
from backend.ids import first_id
from backend.jobs.models import Job, Run
from backend.workspace import merged
from backend.workspace.models import DataFile, Membership, Network, NetworkVersion, Project, Role
from tests.backend.conftest import Api, ClientOf

BEGIN: Final = datetime(2026, 3, 1, tzinfo=UTC)
STATES: Final = ("completed", "failed", "queued")
ORDERS: Final = ("created", "-created", "started", "-started", "ended", "-ended", "name", "-name")


@pytest.fixture
def others(owner: User, viewer: User, stranger: User) -> list[Project]:
    """Two more projects that the owner may see, the first of which is the sample, and one of the stranger's."""
    sample, second, hidden = (
        Project.objects.create(name=name, sample=name == "sample") for name in ("sample", "b", "hidden")
    )
    for project, user in ((sample, viewer), (second, owner), (hidden, stranger)):
        Membership.objects.create(project=project, user=user, role=Role.EDITOR)
    return [sample, second, hidden]


@pytest.fixture
def jobs(project: Project, others: Sequence[Project], editor: User, network: Network) -> list[Job]:
    """Thirty-six jobs in all projects, one a minute; those that wait have neither started nor ended."""
    run = Run.objects.create(project=project, name="night", created_by=editor)
    version = NetworkVersion.objects.get(network=network)
    made = []
    for number, (where, state, kind) in enumerate(
        product((project, *others), STATES, ("simulate", "compile", "elaborate"))
    ):
        created = BEGIN + timedelta(minutes=number)
        over = None if state == "queued" else created + timedelta(hours=number % 5)
        made.append(
            Job(
                id=f"{first_id('job', created.timestamp())[:-2]}{number:02d}",
                project=where,
                user=editor,
                run=run if where == project and state == "failed" else None,
                kind=kind,
                name=f"name {number % 4}",
                network=version if where == project and kind == "compile" else None,
                accelerator_name="edge-8x8" if number % 2 else "ours",
                state=state,
                created=created,
                started=over,
                ended=over,
            )
        )
    return Job.objects.bulk_create(made)


def pages(client: Api, query: dict[str, Any], limit: int) -> list[str]:
    """The ids of all pages."""
    found: list[str] = []
    cursor = None
    while True:
        more: dict[str, Any] = {"cursor": cursor} if cursor else {}
        answer = client.get("/api/v1/jobs", {**query, **more, "limit": limit}).json()
        found += [item["id"] for item in answer["items"]]
        cursor = answer["next"]
        if cursor is None:
            return found


def visible(jobs: Sequence[Job], keep: Callable[[Job], bool] = lambda _: True) -> set[str]:
    return {job.pk for job in jobs if job.project.name != "hidden" and keep(job)}


def in_order(jobs: Sequence[Job], ids: set[str], order: str) -> list[str]:
    column = order.lstrip("-")
    rows = [job for job in jobs if job.pk in ids and getattr(job, column) is not None]
    return [job.pk for job in sorted(rows, key=lambda job: (getattr(job, column), job.pk), reverse=order[0] == "-")]


@pytest.mark.parametrize("most", [merged.MOST, 1], ids=["merged", "more projects than are merged"])
@pytest.mark.parametrize("order", ORDERS)
def test_pages_of_several_projects_hold_every_job_once_in_order(
    order: str, most: int, jobs: list[Job], owner: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merged, "MOST", most)
    expected = in_order(jobs, visible(jobs), order)
    limit = 5 if most == merged.MOST else 4  # queries are written once for each limit
    assert pages(client_of(owner), {"order": order}, limit) == expected


@pytest.mark.parametrize("order", ["-created", "-ended"])
@pytest.mark.parametrize(
    "name", ["state", "kind", "accelerator", "user", "run", "network", "after", "before", "two", "search"]
)
def test_filters_keep_what_they_say_in_all_projects_together(
    name: str, order: str, jobs: list[Job], owner: User, network: Network, client_of: ClientOf
) -> None:
    middle = BEGIN + timedelta(minutes=12)
    run = next(job.run_id for job in jobs if job.run_id)
    filters: dict[str, tuple[dict[str, str], Callable[[Job], bool]]] = {
        "state": ({"state": "failed"}, lambda job: job.state == "failed"),
        "kind": ({"kind": "compile"}, lambda job: job.kind == "compile"),
        "accelerator": ({"accelerator": "ours"}, lambda job: job.accelerator_name == "ours"),
        "user": ({"user": jobs[0].user_id}, lambda _: True),
        "run": ({"run": str(run)}, lambda job: job.run_id == run),
        "network": ({"network": network.pk}, lambda job: job.network_id is not None),
        "after": ({"created_after": middle.isoformat()}, lambda job: job.created > middle),
        "before": ({"created_before": middle.isoformat()}, lambda job: job.created < middle),
        "search": ({"search": "NAME 3"}, lambda job: job.name == "name 3"),
        "two": ({"state": "failed", "kind": "compile"}, lambda job: (job.state, job.kind) == ("failed", "compile")),
    }
    query, keep = filters[name]
    expected = in_order(jobs, visible(jobs, keep), order)
    assert expected
    assert pages(client_of(owner), {**query, "order": order}, 3) == expected


def test_a_list_of_a_project_of_others_is_404(
    jobs: list[Job], others: list[Project], owner: User, client_of: ClientOf
) -> None:
    del jobs
    assert client_of(owner).get("/api/v1/jobs", {"project": others[-1].pk}).status_code == 404


def test_a_stranger_sees_the_sample_and_no_more(
    jobs: list[Job], person: Callable[[str], User], client_of: ClientOf
) -> None:
    expected = {job.pk for job in jobs if job.project.sample}
    assert set(pages(client_of(person("newcomer")), {}, 4)) == expected


def test_an_operator_sees_every_project(jobs: list[Job], operator: User, client_of: ClientOf) -> None:
    assert set(pages(client_of(operator), {}, 7)) == {job.pk for job in jobs}


@pytest.mark.parametrize(
    ("query", "queries"), [({}, 3), ({"project": "own"}, 3), ({"order": "-ended", "state": "failed"}, 3)]
)
def test_a_list_takes_the_same_few_queries_however_long_it_is(
    query: dict[str, str],
    queries: int,
    jobs: list[Job],
    project: Project,
    owner: User,
    client_of: ClientOf,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    del jobs
    client = client_of(owner)
    asked = {**query, "project": project.pk} if "project" in query else query
    client.get("/api/v1/me")  # notes that the token is used
    for limit in (1, 50):
        with django_assert_num_queries(queries):
            assert client.get("/api/v1/jobs", {**asked, "limit": limit}).json()["items"]


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_times_at_the_ends_of_the_calendar_are_taken(
    text: str, jobs: list[Job], owner: User, client_of: ClientOf
) -> None:
    client = client_of(owner)
    found = [len(pages(client, {name: text}, 50)) for name in ("created_after", "created_before")]
    assert sorted(found) == [0, len(visible(jobs))]


def test_a_job_is_in_lists_as_it_is_by_itself(jobs: list[Job], owner: User, client_of: ClientOf) -> None:
    client = client_of(owner)
    for item in client.get("/api/v1/jobs").json()["items"]:
        alone = client.get(f"/api/v1/jobs/{item['id']}").json()
        assert {name: alone[name] for name in item} == item
    assert jobs


@pytest.mark.parametrize("value", ["yesterday", 7, None, [1]])
def test_a_cursor_that_somebody_made_up_is_refused(value: object, owner: User, client_of: ClientOf) -> None:
    made_up = base64.urlsafe_b64encode(json.dumps(["-ended", value, "job_1"]).encode()).decode()
    answer = client_of(owner).get("/api/v1/jobs", {"order": "-ended", "cursor": made_up})
    assert (answer.status_code, answer.json()["field"]) == (422, "query.cursor")


@pytest.mark.parametrize(("search", "found"), [("mal", ["small"]), ("SMALL", ["small"]), ("large", []), ("%", [])])
def test_networks_and_data_are_found_by_a_part_of_their_name(
    search: str, found: list[str], network: Network, data_file: DataFile, viewer: User, client_of: ClientOf
) -> None:
    DataFile.objects.filter(pk=data_file.pk).update(name="small")
    client = client_of(viewer)
    for place in ("networks", "data"):
        answer = client.get(f"/api/v1/projects/{network.project_id}/{place}", {"search": search})
        assert [item["name"] for item in answer.json()["items"]] == found
