"""Closing an account: what goes with it, and what stays."""

from typing import Any

import pytest

from backend.accounts.models import Token, User
from backend.jobs.attempts import cancel
from backend.jobs.models import Job
from backend.workspace.models import Activity, Membership, Network, Project, Role
from tests.backend.conftest import PASSWORD, ClientOf, SignedIn


def close(client: Any, password: str = PASSWORD) -> Any:
    return client.post("/api/v1/me/close", {"password": password}, content_type="application/json")


@pytest.fixture
def alone(stranger: User) -> Project:
    """A project of the stranger's own."""
    found = Project.objects.create(name="mine")
    Membership.objects.create(project=found, user=stranger, role=Role.OWNER)
    return found


def test_sessions_tokens_name_and_own_projects_go(
    alone: Project, stranger: User, signed_in: SignedIn, client_of: ClientOf
) -> None:
    browser, program = signed_in(stranger), client_of(stranger)
    assert close(browser).status_code == 204
    assert (browser.get("/api/v1/me").status_code, program.get("/api/v1/me").status_code) == (401, 401)
    assert not Project.objects.filter(pk=alone.pk).exists()
    assert not Token.objects.filter(user=stranger).exists()
    stranger.refresh_from_db()
    assert (stranger.name, stranger.email) == ("closed account", f"{stranger.pk}@closed.invalid")
    assert not stranger.check_password(PASSWORD)
    assert User.objects.create_user("stranger@example.org").pk != stranger.pk


def test_a_program_can_close_its_user_s_account(stranger: User, client_of: ClientOf) -> None:
    answer = client_of(stranger).post("/api/v1/me/close", {"password": PASSWORD})
    assert answer.status_code == 204
    assert Activity.objects.get(verb="account.close").subject == stranger.pk


def test_what_others_share_stays(network: Network, editor: User, owner: User, signed_in: SignedIn) -> None:
    assert close(signed_in(editor)).status_code == 204
    answer = signed_in(owner).get(f"/api/v1/networks/{network.pk}")
    assert answer.json()["created_by"] == editor.pk


def test_it_takes_the_password(stranger: User, signed_in: SignedIn) -> None:
    answer = close(signed_in(stranger), "wrong")
    assert (answer.status_code, answer.json()["field"]) == (422, "body.password")


def test_nobody_leaves_others_without_an_owner(
    project: Project, owner: User, editor: User, signed_in: SignedIn
) -> None:
    answer = close(signed_in(owner))
    assert (answer.status_code, project.name in answer.json()["detail"]) == (409, True)
    Membership.objects.filter(project=project, user=editor).update(role=Role.OWNER)
    assert close(signed_in(owner)).status_code == 204


def test_jobs_that_wait_come_first(job: Job, editor: User, signed_in: SignedIn) -> None:
    answer = close(signed_in(editor))
    assert (answer.status_code, answer.json()["fix"]) == (409, "cancel them first")
    cancel(job, "no longer needed")
    assert close(signed_in(editor)).status_code == 204


def test_the_only_operator_stays(operator: User, signed_in: SignedIn) -> None:
    assert close(signed_in(operator)).status_code == 409
