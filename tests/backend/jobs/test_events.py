"""After every event, of every type and in every way that jobs take: the state rebuilt from events is the state fetched."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from django.utils import timezone

from backend.accounts.caller import Caller
from backend.accounts.models import User
from backend.jobs import attempts
from backend.jobs.actions import retry_job
from backend.jobs.claim import claim
from backend.jobs.documents import rebuild
from backend.jobs.models import Job, JobArtifact, JobEvent
from backend.jobs.orders import Wish
from backend.jobs.reuse import serve
from backend.jobs.submit import submit
from backend.workspace.models import Network, Project
from contracts.job import EventKind, Failure, FailureClass, JobKind, JobState, ServiceName
from tests.backend.conftest import Api, ClientOf, keep

Steps = Iterator[object]
Way = Callable[[Job], Steps]
ONLY_FETCHED: Final = {"queue", "last_event", "url", "events_url"}
"""What only looking tells: it changes without an event."""
REPORT: Final[dict[str, Any]] = {
    "report": {"cycles": 12.0, "bit_exact": True, "layers": [], "origins": {"cycles": "x"}}
}


def start(job: Job) -> Job:
    """The job's newest attempt, running."""
    Job.objects.filter(pk=job.pk).update(not_before=timezone.now())
    (claimed,) = claim("dispatcher", 1, ServiceName.HARDWARE)
    assert claimed.pk == job.pk
    return claimed


def hear(job: Job, kind: EventKind, cursor: int, **data: Any) -> object:
    return attempts.hear(job, kind.value, data, cursor)


def completes(job: Job) -> Steps:
    yield (running := start(job))
    yield hear(running, EventKind.STATE, 1, state="running")
    progress = {"phase": "simulate", "fraction": 0.25, "seconds_left": 3.5}
    yield hear(running, EventKind.PROGRESS, 2, **progress)
    yield hear(running, EventKind.LOG, 3, line="building")
    yield hear(running, EventKind.PROGRESS, 4, phase="check", fraction=1.0)
    made = {"file_name": "report.json", "media_type": "application/json"}
    file = JobArtifact(job=running, name="report", artifact=keep(b"{}"), **made)
    yield attempts.complete(running, REPORT, [file])


def fails(job: Job) -> Steps:
    yield (running := start(job))
    yield hear(running, EventKind.PROGRESS, 1, phase="import", fraction=0.5)
    yield attempts.fail(running, Failure(FailureClass.INPUT, "NetworkError", "no such operator"))


def is_started_again(job: Job) -> Steps:
    yield (running := start(job))
    yield hear(running, EventKind.PROGRESS, 1, phase="import", fraction=0.5, seconds_left=1.0)
    yield attempts.fail(running, Failure(FailureClass.INFRASTRUCTURE, "Killed", "out of luck"))
    yield (second := start(job))
    yield attempts.expire(second)
    yield (third := start(job))
    yield attempts.lose(third, "the service was restarted and forgot it")
    yield (fourth := start(job))
    yield attempts.complete(fourth, None, [])


def expires_for_good(job: Job) -> Steps:
    for _ in range(3):
        yield (running := start(job))
        yield attempts.expire(running)


def is_cancelled_while_it_waits(job: Job) -> Steps:
    yield attempts.cancel(job, "cancelled by Ed")


def is_cancelled_while_it_runs(job: Job) -> Steps:
    yield (running := start(job))
    yield hear(running, EventKind.PROGRESS, 1, phase="simulate", fraction=0.1)
    yield attempts.cancel(running, "cancelled by Ed")
    yield hear(running, EventKind.LOG, 2, line="too late")
    running.refresh_from_db()
    yield attempts.end_cancelled(running)


def ends_with_an_earlier_result(job: Job) -> Steps:
    serve("c" * 64)
    yield from completes(job)
    other = Job.objects.get(pk=job.pk)
    again = retry_job(Caller.of_session(job.user), job.pk)
    Job.objects.filter(pk=again.pk).update(order=other.order)  # as if it had been submitted anew
    yield serve("c" * 64)


def tells_of_its_training(job: Job) -> Steps:
    yield (running := start(job))
    yield hear(running, EventKind.METRICS, 1, share=0.1, step=1, steps=10, loss=2.3, learning_rate=0.1)
    yield hear(running, EventKind.SHAPE, 2, share=0.1, step=1, budget=0.5, cost=0.6, kept={"stem": [8, 0.5, 16]})
    yield hear(running, EventKind.EPOCH, 3, share=1.0, epoch=0, loss=1.0, validation_accuracy=0.9)
    yield hear(running, EventKind.RUN, 4, share=0.5, run="resnet8-dense", mark="done", done=1, total=2, figures={})
    yield attempts.complete(running, None, [])


WAYS: Final[tuple[Way, ...]] = (
    completes,
    tells_of_its_training,
    fails,
    is_started_again,
    expires_for_good,
    is_cancelled_while_it_waits,
    is_cancelled_while_it_runs,
    ends_with_an_earlier_result,
)


def check(client: Api) -> None:
    """For every job there is."""
    for job in Job.objects.all():
        events: list[dict[str, Any]] = client.get(f"/api/v1/jobs/{job.pk}/events?limit=5000").json()["items"]
        fetched = client.get(f"/api/v1/jobs/{job.pk}").json()
        assert rebuild(events) == {name: value for name, value in fetched.items() if name not in ONLY_FETCHED}
        assert [event["sequence"] for event in events] == list(range(1, fetched["last_event"] + 1))


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_after_each_event_what_they_add_up_to_is_what_is_fetched(
    way: Way, job: Job, viewer: User, client_of: ClientOf
) -> None:
    client = client_of(viewer)
    check(client)
    for _ in way(job):
        check(client)
    assert Job.objects.get(pk=job.pk).done


def test_every_type_of_event_and_every_state_was_among_them(project: Project, editor: User, network: Network) -> None:
    for way in WAYS:
        job = submit(project, editor, Wish(JobKind.COMPILE, "edge-8x8", network=network.pk))
        for _ in way(job):
            pass
    rows = JobEvent.objects.values_list("kind", "changes")
    assert {kind for kind, _ in rows} == {kind.value for kind in EventKind}
    assert {changes["state"] for _, changes in rows if "state" in changes} == {state.value for state in JobState}


def test_what_a_training_session_tells_is_handed_on_as_it_is(job: Job, viewer: User, client_of: ClientOf) -> None:
    for _ in tells_of_its_training(job):
        pass
    events = client_of(viewer).get(f"/api/v1/jobs/{job.pk}/events").json()["items"]
    shape = next(event for event in events if event["kind"] == "shape")
    assert shape["data"]["kept"] == {"stem": [8, 0.5, 16]}
    assert shape["changes"] == {}
