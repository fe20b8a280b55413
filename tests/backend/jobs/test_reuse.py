"""Jobs that were done before end at once, with a result that their user may see."""

from typing import Any

import pytest

from backend.accounts.caller import Caller
from backend.accounts.models import User
from backend.jobs.actions import retry_job
from backend.jobs.documents import document, event_document, rebuild
from backend.jobs.models import Job, JobArtifact, JobEvent
from backend.jobs.orders import Wish
from backend.jobs.reuse import key_of, serve
from backend.jobs.submit import Label, submit
from backend.workspace.models import Membership, Network, Project, Role
from contracts.job import JobKind, JobState
from tests.backend.conftest import keep

CODE = "c" * 64
WISH: dict[str, Any] = {"options": {"simulator": "null", "count": 1}}


@pytest.fixture
def done(job: Job) -> Job:
    """The editor's job, carried out, with a report."""
    assert serve(CODE) == 0
    Job.objects.filter(pk=job.pk).update(
        state=JobState.COMPLETED.value, figures={"cycles": 7.0}, result={"report": {"cycles": 7.0}}
    )
    made: dict[str, Any] = {"file_name": "report.json", "media_type": "application/json"}
    JobArtifact.objects.create(job=job, name="report", artifact=keep(b"{}"), **made)
    return Job.objects.get(pk=job.pk)


def again(project: Project, user: User, network: Network, label: Label | None = None, **more: Any) -> Job:
    """The same wish once more, looked up."""
    wish = Wish(JobKind.SIMULATE, "edge-8x8", network=network.pk, **{**WISH, **more})
    job = submit(project, user, wish, label)
    serve(CODE)
    return Job.objects.get(pk=job.pk)


def test_the_same_job_ends_with_the_result_of_the_first(
    done: Job, project: Project, viewer: User, network: Network
) -> None:
    job = again(project, viewer, network)
    assert (job.state, job.cached_from_id) == ("completed", done.pk)
    assert (job.figures, job.result) == (done.figures, done.result)
    assert [file.artifact_id for file in job.artifacts.all()] == [file.artifact_id for file in done.artifacts.all()]


def test_its_events_add_up_to_it(done: Job, project: Project, editor: User, network: Network) -> None:
    job = again(project, editor, network)
    rows = JobEvent.objects.filter(job=job).order_by("sequence")
    known = rebuild(event_document(row) for row in rows)
    assert {name: value for name, value in known.items() if name != "artifacts"} == document(job)
    assert known["artifacts"]["report"]["url"] == f"/api/v1/jobs/{job.pk}/artifacts/report"
    assert done.pk == known["cached_from"]


def test_what_a_copy_was_made_of_is_the_one_that_was_carried_out(
    done: Job, project: Project, editor: User, network: Network
) -> None:
    assert {again(project, editor, network).cached_from_id for _ in range(3)} == {done.pk}


@pytest.mark.parametrize("options", [{"simulator": "null", "count": 2}, {"simulator": "rtl", "count": 1}])
def test_another_option_is_another_job(
    options: dict[str, Any], done: Job, project: Project, editor: User, network: Network
) -> None:
    job = again(project, editor, network, options=options)
    assert (job.state, job.cached_from_id) == ("queued", None)
    assert job.cache_key != done.cache_key


def test_other_code_does_it_again(done: Job, project: Project, editor: User, network: Network) -> None:
    job = submit(project, editor, Wish(JobKind.SIMULATE, "edge-8x8", network=network.pk, **WISH))
    assert serve("d" * 64) == 0
    job.refresh_from_db()
    assert job.state == "queued"
    assert job.cache_key == key_of(job, "d" * 64) != done.cache_key


def test_a_result_of_a_project_that_the_user_may_not_see_is_not_found(
    done: Job, stranger: User, network: Network
) -> None:
    theirs = Project.objects.create(name="Wren")
    Membership.objects.create(project=theirs, user=stranger, role=Role.OWNER)
    first = network.versions.get()
    copy = Network.objects.create(project=theirs, name="small", latest=1, created_by=stranger)
    copy.versions.create(number=1, artifact=first.artifact, facts=first.facts, created_by=stranger)
    job = again(theirs, stranger, copy)
    assert (job.state, job.cache_key) == ("queued", done.cache_key)
    Membership.objects.create(project=done.project, user=stranger, role=Role.VIEWER)
    assert again(theirs, stranger, copy).cached_from_id == done.pk


def test_who_wants_it_fresh_gets_it_fresh(done: Job, project: Project, editor: User, network: Network) -> None:
    assert again(project, editor, network, Label(fresh=True)).state == "queued"
    retried = retry_job(Caller.of_session(editor), done.pk)
    serve(CODE)
    assert Job.objects.get(pk=retried.pk).state == "queued"


def test_what_was_looked_up_is_not_looked_up_again(
    job: Job, django_assert_num_queries: Any, done: Job, project: Project, editor: User, network: Network
) -> None:
    del job, done
    again(project, editor, network, Label(fresh=True))
    with django_assert_num_queries(1):
        assert serve(CODE) == 0
