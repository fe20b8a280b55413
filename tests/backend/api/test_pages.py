"""Every list goes on by cursor: all pages together hold each row once, and no cursor serves another list."""

import pytest
from drf_spectacular.generators import SchemaGenerator

from backend.accounts.caller import Caller
from backend.accounts.models import User
from backend.accounts.tokens import issue
from backend.jobs.campaigns import submit_campaign
from backend.jobs.models import Job, Run
from backend.webhooks import endpoints
from backend.workspace.models import Activity, DataFile, Membership, Network, NetworkVersion, Project, Role
from tests.backend.api.roles import DEFINITION, ENTRIES
from tests.backend.api.world import API, World, filled, route_of
from tests.backend.conftest import ClientOf, keep
from tests.backend.predictors import predictor_like


def _paged() -> set[str]:
    """Routes of the operations with a cursor."""
    description = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]  # has no types
    return {
        route_of(f"GET {path.removeprefix('/' + API)}")
        for path, methods in description["paths"].items()
        if any(part["name"] == "cursor" for part in methods.get("get", {}).get("parameters", []))
    }


PAGED = [name for name in ENTRIES if route_of(name) in _paged()]


@pytest.fixture
def more(world: World, owner: User) -> None:
    """Three more of everything that lists show."""
    project = Project.objects.get(pk=world["project"])
    network = Network.objects.get(pk=world["network"])
    webhook = endpoints.webhook_for(owner, world["webhook"])
    job = Job.objects.get(pk=world["job"])
    artifact = keep(b"some content")
    for number in range(3):
        name = f"more {number}"
        other = Project.objects.create(name=name)
        Membership.objects.create(project=other, user=owner, role=Role.OWNER)
        Network.objects.create(project=project, name=name, created_by=owner)
        NetworkVersion.objects.create(network=network, number=2 + number, artifact=artifact, facts={}, created_by=owner)
        DataFile.objects.create(project=project, name=name, artifact=artifact, facts={}, created_by=owner)
        Run.objects.create(project=project, name=name, created_by=owner)
        Activity.objects.create(project=project, user=owner, verb="test", subject=name, details={})
        User.objects.create_user(f"more{number}@example.org", "a long enough password")
        issue(owner, name, [])
        endpoints.create(Caller.of_session(owner), project, f"https://{number}.example", ["job.failed"])
        endpoints.send_test(Caller.of_session(owner), webhook)
        submit_campaign(Caller.of_session(owner), project, name, {"definition": DEFINITION})
        predictor_like(job, f"job_predictor{number}")
        job.pk = f"job_more{number}"
        job.save(force_insert=True)


@pytest.mark.usefixtures("more")
@pytest.mark.parametrize("name", PAGED)
def test_all_pages_together_hold_every_row_once(
    name: str, world: World, owner: User, operator: User, client_of: ClientOf
) -> None:
    path = "/" + API + filled(name.removeprefix("GET "), world)
    client = client_of(operator if "/admin/" in path else owner)
    whole = client.get(path, {"limit": 200}).json()
    assert whole["next"] is None
    assert len(whole["items"]) >= 4
    part = client.get(path, {"limit": 3}).json()
    found = list(part["items"])
    while part["next"]:
        part = client.get(path, {"limit": 3, "cursor": part["next"]}).json()
        found += part["items"]
    assert [item["id"] for item in found] == [item["id"] for item in whole["items"]]


def test_there_are_lists_to_page_through() -> None:
    assert len(PAGED) >= 12
    assert len(PAGED) == len(_paged())


@pytest.mark.usefixtures("more")
def test_a_row_that_comes_or_goes_meanwhile_moves_no_other(project: Project, owner: User, client_of: ClientOf) -> None:
    path = f"/api/v1/projects/{project.pk}/networks"
    client = client_of(owner)
    first = client.get(path, {"limit": 2}).json()
    Network.objects.create(project=project, name="newest", created_by=owner)
    Network.objects.get(pk=first["items"][0]["id"]).delete()
    rest = client.get(path, {"limit": 200, "cursor": first["next"]}).json()["items"]
    assert not {item["id"] for item in rest} & {item["id"] for item in first["items"]}
    assert "newest" not in [item["name"] for item in rest]
    assert len(rest) == Network.objects.filter(project=project).count() - 2
