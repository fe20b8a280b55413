"""A project with one of everything, and the characters around it."""

from collections.abc import Iterator

import pytest

from backend.accounts.caller import Caller
from backend.accounts.models import Scope, User
from backend.accounts.tokens import issue
from backend.clients import current
from backend.jobs.campaigns import pause, submit_campaign
from backend.jobs.models import Job
from backend.jobs.runs import RunWish, submit_run
from backend.webhooks import endpoints
from backend.workspace.models import Accelerator, DataFile, Membership, Network, Project, Role
from contracts.job import JobKind
from tests.backend.api.roles import DEFINITION, Expect
from tests.backend.api.world import Hardware, World, finished_copy
from tests.backend.conftest import Person
from tests.backend.predictors import predictor_like


@pytest.fixture
def hardware(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Both services are ones whose gates take everything."""
    monkeypatch.setattr(current, "ServiceClient", Hardware)
    for service in (current.hardware_service, current.learning_service):
        service.cache_clear()
    yield
    for service in (current.hardware_service, current.learning_service):
        service.cache_clear()


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
    hardware: None,
    person: Person,
) -> World:
    """Names of all there is."""
    del hardware
    person("friend")
    editor = Caller.of_session(users["editor"])
    unused = Network.objects.create(project=network.project, name="unused", created_by=editor.user)
    webhook, _ = endpoints.create(editor, network.project, "https://receiver.example", ["job.failed"])
    run = submit_run(
        editor, network.project, RunWish("two", JobKind.COMPILE, [network.pk], ["edge-8x8"], None, None, {})
    )
    campaign = submit_campaign(editor, network.project, "", {"definition": DEFINITION}).campaign
    paused = submit_campaign(editor, network.project, "later", {"definition": DEFINITION}).campaign
    pause(editor, paused.pk)
    rows = {
        **users,
        "campaign": campaign,
        "paused": paused,
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
        "predictor": predictor_like(job, "job_predictor"),
        "webhook": webhook,
        "delivery": endpoints.send_test(editor, webhook),
        "token": issue(users["owner"], "mine", [Scope.READ])[0],
    }
    return {name: str(row.pk) for name, row in rows.items()}
