"""The sample project: everybody may look at it, nobody but its owners may change it."""

import io

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from backend.accounts.models import User
from backend.jobs.models import Job
from backend.jobs.orders import Wish
from backend.jobs.submit import submit
from backend.workspace.models import Network, Project
from backend.workspace.projects import sample_project
from contracts.job import JobKind
from tests.backend.conftest import ClientOf, SignedIn


@pytest.fixture
def sample(owner: User) -> Project:
    return sample_project(owner)


@pytest.fixture
def sample_job(sample: Project, network: Network, owner: User) -> Job:
    network.project = sample
    network.save()
    wish = Wish(JobKind.SIMULATE, "edge-8x8", network=network.pk, options={"simulator": "null", "count": 1})
    return submit(sample, owner, wish)


def test_a_stranger_may_look_at_everything_in_it(
    sample: Project, sample_job: Job, network: Network, stranger: User, client_of: ClientOf
) -> None:
    api = client_of(stranger)
    listed = api.get("/api/v1/projects").json()["items"]
    assert [(each["id"], each["sample"], each["role"]) for each in listed] == [(sample.pk, True, "viewer")]
    project = f"/api/v1/projects/{sample.pk}"
    others = (f"/api/v1/networks/{network.pk}", f"/api/v1/jobs/{sample_job.pk}")
    for address in (project, f"{project}/members", f"{project}/networks", *others):
        assert api.get(address).status_code == 200, address
    assert [each["id"] for each in api.get("/api/v1/jobs").json()["items"]] == [sample_job.pk]


def test_a_stranger_may_change_nothing_in_it(
    sample: Project, sample_job: Job, network: Network, stranger: User, client_of: ClientOf
) -> None:
    api, project = client_of(stranger), f"/api/v1/projects/{sample.pk}"
    wish = {"kind": "simulate", "accelerator": "edge-8x8", "network": network.pk}
    assert api.post(f"{project}/jobs", wish).status_code == 403
    assert api.post(f"/api/v1/jobs/{sample_job.pk}/cancel").status_code == 403
    assert api.patch(project, {"name": "mine"}).status_code == 403
    assert api.delete(project).status_code == 403
    assert api.post(f"{project}/members", {"email": "stranger@example.org", "role": "editor"}).status_code == 403


def test_nobody_sees_it_without_an_account(sample: Project, client_of: ClientOf, owner: User) -> None:
    api = client_of(owner)
    api.credentials()
    api.defaults.pop("HTTP_AUTHORIZATION")
    assert api.get(f"/api/v1/projects/{sample.pk}").status_code == 401


def test_other_projects_stay_hidden_from_strangers(
    sample: Project, project: Project, stranger: User, client_of: ClientOf
) -> None:
    assert client_of(stranger).get(f"/api/v1/projects/{sample.pk}").status_code == 200
    assert client_of(stranger).get(f"/api/v1/projects/{project.pk}").status_code == 404


def test_it_comes_first_on_the_start_page(sample: Project, editor: User, project: Project, signed_in: SignedIn) -> None:
    page = signed_in(editor).get("/").content.decode().partition("<main")[2]
    assert 0 < page.index(sample.pk) < page.index(project.pk)


def test_there_is_one_and_the_command_names_it(sample: Project, editor: User) -> None:
    said = io.StringIO()
    call_command("sample_project", editor.email, stdout=said)
    assert said.getvalue().strip() == sample.pk
    assert sample.memberships.filter(role="owner").count() == 2
    with pytest.raises(CommandError, match=r"nobody has the address 'no@example.org'"):
        call_command("sample_project", "no@example.org")
