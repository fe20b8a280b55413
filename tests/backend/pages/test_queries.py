"""What every page asks of the database: the same however much there is."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from backend.accounts.caller import Caller
from backend.accounts.models import Scope, User
from backend.accounts.tokens import issue
from backend.jobs.models import Job, JobEvent, Run
from backend.webhooks import endpoints
from backend.webhooks.models import KINDS, Delivery
from backend.workspace.activity import note
from backend.workspace.models import Membership, Network, NetworkVersion, Project, Role
from contracts.job import EventKind
from tests.backend.conftest import Person
from tests.backend.pages.conftest import Asked, Finished
from tests.frontend.addresses import PAGES

Crowd = Callable[[int], dict[str, str]]

QUERIES = {
    "projects:start": 7,
    "projects:index": 5,
    "projects:new": 3,
    "projects:project": 13,
    "projects:runs": 7,
    "projects:files": 7,
    "projects:activity": 6,
    "projects:members": 6,
    "projects:settings": 5,
    "networks:index": 7,
    "networks:upload": 4,
    "networks:network": 14,
    "networks:layers": 11,
    "networks:diff": 9,
    "accelerators:new": 4,
    "jobs:index": 6,
    "jobs:states": 3,
    "jobs:job": 16,
    "jobs:panel": 12,
    "jobs:queue": 12,
    "jobs:submit": 7,
    "settings:profile": 3,
    "settings:tokens": 4,
    "settings:webhooks": 5,
    "settings:webhook": 7,
    "settings:webhook_delivery": 7,
    "administration:users": 5,
    "administration:user": 10,
    "administration:workers": 5,
    "administration:settings": 3,
    "administration:activity": 4,
}
ELSEWHERE = {
    "accelerators:index": "test_accelerator_queries",
    "accelerators:accelerator": "test_accelerator_queries",
    "accelerators:verilog": "part of accelerators:accelerator",
    "accelerators:change": "the form of accelerators:new",
    **{f"campaigns:{name}": "test_campaign_queries" for name in ("index", "new", "campaign", "panel", "rows")},
    **{f"predictors:{name}": "test_predictor_queries" for name in ("index", "new", "predictor")},
    **{
        f"pruning:{name}": "test_pruning_queries"
        for name in ("index", "new", "train", "reachable", "session", "panel", "story")
    },
    **{
        f"pareto:{name}": "test_pruning_queries"
        for name in ("index", "table", "compare", "new", "sweep", "panel", "runs")
    },
    "comparisons:index": "test_comparison_queries",
    "simulations:report": "test_report_queries",
    "administration:health": "uses every part, the database among them",
}
POSTS = {
    *("projects:member", "projects:remove_member", "projects:delete", "networks:change"),
    *(
        "networks:delete",
        "campaigns:act",
        "predictors:delete",
        "accelerators:check",
        "accelerators:delete",
        "jobs:bulk",
        "jobs:cancel",
        "jobs:retry",
    ),
    *("settings:email", "settings:password", "settings:close", "settings:revoke_all", "settings:revoke"),
    *("settings:rotate", "settings:change_webhook", "settings:switch_webhook", "settings:rotate_webhook"),
    *("settings:test_webhook", "settings:remove_webhook", "settings:replay_webhook"),
    *("administration:quotas", "administration:act", "administration:close"),
}

PICTURES = Path(__file__).parents[3] / "docs/screenshots"
PARTS = {
    *("networks:layers", "campaigns:panel", "campaigns:rows", "jobs:states", "jobs:panel", "accelerators:verilog"),
    *("pruning:reachable", "pruning:panel", "pruning:story", "pareto:table", "pareto:panel"),
    "pareto:runs",
}
"""What pages ask for later, and show within themselves."""


@pytest.fixture
def crowd(project: Project, network: Network, job: Job, editor: User, person: Person, finished: Finished) -> Crowd:
    """So many of everything that lists show, and the address of each page about one of them."""

    def make(count: int) -> dict[str, str]:
        caller, version = Caller.of_session(editor), network.versions.get()
        webhook, _ = endpoints.create(caller, project, "https://receiver.example.org/", KINDS)
        run = Run.objects.create(project=project, name="run", created_by=editor)
        for done in finished(count):
            Job.objects.filter(pk=done.pk).update(run=run)
        for number in range(count):
            Membership.objects.create(project=project, user=person(f"member{number}"), role=Role.VIEWER)
            other = Project.objects.create(name=f"other {number}")
            Membership.objects.create(project=other, user=editor, role=Role.EDITOR)
            issue(editor, f"token {number}", [Scope.READ])
            note(caller, "job.submit", job.pk, project)
            Run.objects.create(project=project, name=f"run {number}", created_by=editor)
            endpoints.send_test(caller, webhook)
            _copy(version, number)
            place = {"sequence": 1000 + number, "number": 1000 + number, "attempt": 1}
            JobEvent.objects.create(job=job, project=project, kind=EventKind.LOG.value, line="a line", **place)
        return _addresses(project, version, job, Delivery.objects.latest("id"))

    return make


def _copy(version: NetworkVersion, number: int) -> None:
    """Another version, and another network."""
    network = version.network
    other = Network.objects.create(
        project=network.project, name=f"network {number}", latest=1, created_by=version.created_by
    )
    for parent, place in ((version, number + 2), (None, 1)):
        NetworkVersion.objects.create(
            network=network if parent else other,
            number=place,
            artifact=version.artifact,
            facts=version.facts,
            created_by=version.created_by,
            parent=parent,
        )


def _addresses(project: Project, version: NetworkVersion, job: Job, delivery: Delivery) -> dict[str, str]:
    of_project, of_network = f"/projects/{project.pk}", f"/networks/{version.network_id}"
    of_webhook = f"/settings/webhooks/{delivery.webhook_id}"
    return {
        "projects:start": "/",
        "projects:index": "/projects",
        "projects:new": "/projects/new",
        "projects:project": of_project,
        **{f"projects:{name}": f"{of_project}/{name}" for name in ("runs", "files", "activity", "members", "settings")},
        "networks:index": f"{of_project}/networks",
        "networks:upload": f"{of_project}/networks/new",
        "networks:network": of_network,
        "networks:layers": f"{of_network}/versions/1/layers",
        "networks:diff": f"/networks/diff?a={version.pk}&b={version.pk}",
        "accelerators:new": f"{of_project}/accelerators/new",
        "jobs:index": "/jobs",
        "jobs:states": f"/jobs/states?ids={job.pk}",
        "jobs:job": f"/jobs/{job.pk}",
        "jobs:panel": f"/jobs/{job.pk}/panel",
        "jobs:queue": "/queue",
        "jobs:submit": f"{of_project}/jobs/new",
        **{f"settings:{name}": f"/settings/{name}" for name in ("profile", "tokens", "webhooks")},
        "settings:webhook": of_webhook,
        "settings:webhook_delivery": f"{of_webhook}/deliveries/{delivery.pk}",
        "administration:user": f"/administration/users/{job.user_id}",
        **{
            f"administration:{name}": f"/administration/{name}" for name in ("users", "workers", "settings", "activity")
        },
    }


@pytest.mark.parametrize("count", [2, 20])
def test_a_page_asks_as_often_however_much_there_is(
    crowd: Crowd, owner: User, editor: User, operator: User, asked: Asked, count: int
) -> None:
    for name, address in crowd(count).items():
        who = operator if name.startswith("administration:") else owner if name == "projects:settings" else editor
        asked(who, address, QUERIES[name])


def _pages(patterns: list[URLPattern | URLResolver], app: str = "") -> Iterator[str]:
    for found in patterns:
        if isinstance(found, URLResolver):
            yield from _pages(found.url_patterns, found.app_name or app)
        elif app and app != "accounts":
            yield f"{app}:{found.name}"


def test_every_page_is_counted_somewhere() -> None:
    assert set(_pages(get_resolver("frontend.urls").url_patterns)) == {*QUERIES, *ELSEWHERE, *POSTS}


class _Anything(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return name


def test_every_picture_is_of_a_page_and_every_page_has_one() -> None:
    assert {path.stem for path in PICTURES.glob("*-light.png")} == {f"{name}-light" for name in PAGES}


def test_every_page_is_pictured_and_timed() -> None:
    paths = [path.format_map(_Anything()).partition("?")[0] for _, path in PAGES.values() if path != "/nothing"]
    found = {name for path in paths if not (name := resolve(path).view_name).startswith("accounts:")}
    assert found == {*QUERIES, *ELSEWHERE} - PARTS
