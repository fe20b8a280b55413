"""What a training session told, read back in the session's own order."""

from typing import Any

import pytest

from backend.accounts.models import User
from backend.jobs import attempts
from backend.jobs.histories import history_of, runs_of_sweep
from backend.jobs.models import Job, JobEvent
from backend.jobs.orders import Wish
from backend.jobs.submit import again, submit
from backend.workspace.models import Project
from contracts.job import JobKind

pytestmark = pytest.mark.django_db


def tell(job: Job, attempt: int, kind: str, *told: dict[str, Any]) -> None:
    for data in told:
        count = JobEvent.objects.filter(job=job).count() + 2
        JobEvent.objects.create(
            job=job,
            project=job.project,
            sequence=count,
            number=1000 + JobEvent.objects.count(),
            attempt=attempt,
            kind=kind,
            data=data,
        )


def losses(job: Job) -> list[float]:
    return [one["loss"] for one in history_of(job).metrics]


def test_what_was_told_comes_back_by_kind(job: Job) -> None:
    tell(job, 1, "metrics", {"share": 0.1, "loss": 2.0})
    tell(job, 1, "shape", {"share": 0.2, "kept": {"stem": [8, 0.5, 16]}})
    tell(job, 1, "epoch", {"share": 0.5, "epoch": 0, "loss": 1.5, "validation_accuracy": None})
    found = history_of(job)
    assert found.metrics == ({"share": 0.1, "loss": 2.0},)
    assert found.shapes[0]["kept"] == {"stem": [8, 0.5, 16]}
    assert found.epochs[0]["loss"] == 1.5


def test_of_what_an_attempt_tells_again_the_newer_counts(job: Job) -> None:
    tell(job, 1, "metrics", *({"share": share, "loss": 1.0} for share in (0.1, 0.2, 0.3, 0.4)))
    tell(job, 2, "metrics", {"share": 0.3, "loss": 2.0}, {"share": 0.5, "loss": 2.0})
    assert losses(job) == [1.0, 1.0, 2.0, 2.0]


def test_several_decisions_at_one_moment_of_one_attempt_all_stay(job: Job) -> None:
    tell(job, 1, "metrics", {"share": 0.5, "loss": 1.0}, {"share": 0.5, "loss": 2.0})
    assert losses(job) == [1.0, 2.0]


def test_a_job_that_took_over_anothers_result_shows_what_that_one_told(job: Job) -> None:
    tell(job, 1, "metrics", {"share": 0.5, "loss": 1.0})
    copy = Job.objects.get(pk=job.pk)
    copy.pk, copy.cached_from_id = "job_copy", job.pk
    copy.save(force_insert=True)
    assert losses(copy) == [1.0]


def cancelled(project: Project, user: User, kind: JobKind, **options: Any) -> Job:
    """A session that somebody cancelled."""
    job = submit(project, user, Wish(kind, "edge-8x8", options={"data": "digits", **options}))
    attempts.cancel(job, "cancelled")
    return Job.objects.get(pk=job.pk)


def test_a_session_that_goes_on_with_a_cancelled_one_shows_both(project: Project, editor: User) -> None:
    first = cancelled(project, editor, JobKind.PRUNE, latency_ms=1.0)
    tell(first, 1, "metrics", *({"share": share, "loss": 1.0} for share in (0.1, 0.2, 0.3)))
    second = again(first, editor)
    assert second.order["body"]["former"] == [first.pk]
    assert losses(second) == [1.0, 1.0, 1.0]
    tell(second, 1, "metrics", {"share": 0.25, "loss": 2.0})
    assert losses(second) == [1.0, 1.0, 2.0]
    attempts.cancel(second, "cancelled")
    third = again(Job.objects.get(pk=second.pk), editor)
    assert third.order["body"]["former"] == [second.pk, first.pk]
    assert losses(third) == [1.0, 1.0, 2.0]


def test_a_sweep_that_goes_on_shows_the_last_of_each_run(project: Project, editor: User) -> None:
    first = cancelled(project, editor, JobKind.PARETO, shares=[0.5])
    tell(first, 1, "run", {"run": "a", "mark": "done"}, {"run": "b", "mark": "started"})
    second = again(first, editor)
    tell(second, 1, "run", {"run": "a", "mark": "kept"}, {"run": "b", "mark": "done"})
    assert [(each["run"], each["mark"]) for each in runs_of_sweep(second)] == [("a", "kept"), ("b", "done")]


def test_a_completed_session_is_trained_anew(project: Project, editor: User) -> None:
    first = cancelled(project, editor, JobKind.TRAIN)
    second = again(first, editor)
    Job.objects.filter(pk=second.pk).update(state="completed")
    assert "former" not in again(Job.objects.get(pk=second.pk), editor).order["body"]
