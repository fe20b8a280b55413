"""What may happen to an attempt while it runs and when it ends. Everything is fenced: see `changes`."""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from backend.jobs import doorbell
from backend.jobs.changes import Fence, News, artifacts_of, change
from backend.jobs.fairness import charge
from backend.jobs.lineage import Made, add_versions, with_versions
from backend.jobs.models import Job, JobArtifact, Message
from contracts.job import TOLD, EventKind, Failure, FailureClass, JobState

RUNNING: Final = (JobState.RUNNING,)
ACTIVE: Final = (JobState.RUNNING, JobState.CANCELLING)
_BACK_OFF_S: Final = 2.0
_LONGEST_BACK_OFF_S: Final = 300.0
_NO_PROGRESS: Final = {"phase": None, "fraction": None, "seconds_left": None}
_FIGURES: Final = (
    "cycles", "latency_ms", "throughput_fps", "energy_mj", "power_mw", "utilisation", "macs", "dram_bytes",
    "expert_cycles", "bit_exact", "simulator", "accuracy_int8", "accuracy_float", "agreement", "images",
)  # fmt: skip
_OF_SESSIONS: Final = {
    "measured_latency_ms": "latency_ms", "measured_energy_mj": "energy_mj", "bit_exact": "bit_exact",
    "accuracy_float": "accuracy_float", "accuracy_int8": "accuracy_int8", "accuracy_dense": "accuracy_dense",
    "params": "params", "macs": "macs", "train_energy_wh": "train_energy_wh", "train_co2_g": "train_co2_g",
}  # fmt: skip
"""Figures of training sessions, and how lists call them."""


def fence_of(job: Job, states: tuple[JobState, ...] = RUNNING) -> Fence:
    """The job as its dispatcher knows it."""
    return Fence(job.pk, job.attempt, states, job.owner)


def hear(job: Job, kind: str, data: Mapping[str, Any], cursor: int) -> bool:
    """Take over an event of the service; False where the attempt is no longer ours."""
    columns: dict[str, Any] = {"cursor": cursor}
    news = News()
    if kind == EventKind.LOG.value:
        news = News(EventKind.LOG, line=str(data.get("line", ""))[:4000])
    elif kind == EventKind.PROGRESS.value:
        news = News(EventKind.PROGRESS)
        columns |= {name: data.get(name) for name in _NO_PROGRESS}
    elif kind in TOLD:
        news = News(EventKind(kind), data=data)
    else:
        return _renew_cursor(job, cursor)
    found = change(fence_of(job), columns, news)
    # Progress of a job that is being cancelled no longer matters, but it is still ours.
    return found is not None or Job.objects.filter(**fence_of(job, ACTIVE).condition()).exists()


def _renew_cursor(job: Job, cursor: int) -> bool:
    return bool(Job.objects.filter(**fence_of(job, ACTIVE).condition()).update(cursor=cursor))


def renew(owner: str, jobs: Iterable[str], seconds: float) -> None:
    """The service was heard of: renew the leases of these jobs, and charge their users for the time since."""
    until = timezone.now() + timedelta(seconds=settings.ENVIRONMENT.lease_s)
    states = [state.value for state in ACTIVE]
    mine = Job.objects.filter(pk__in=list(jobs), owner=owner, state__in=states)
    users = list(mine.values_list("user_id", flat=True))
    mine.update(lease_until=until)
    for user in users:
        charge(user, seconds)


def complete(
    job: Job, result: Mapping[str, Any] | None, files: Iterable[JobArtifact], made: Sequence[Made] = ()
) -> bool:
    """The attempt went well; its files are in the store. Nothing changes where the fence no longer holds.

    Args:
        made: the networks that it made, which become versions; the job's `result` names them (`network_id`, `version`).
    """
    columns: dict[str, Any] = {
        "state": JobState.COMPLETED.value,
        "ended": timezone.now(),
        "figures": figures_of(result),
        "result": summary_of(result),
        "lease_until": None,
        **_NO_PROGRESS,
    }
    with transaction.atomic():
        # Taking the row's lock first keeps two dispatchers from adding the same files.
        if not Job.objects.select_for_update().filter(**fence_of(job).condition()).exists():
            return False
        JobArtifact.objects.filter(job=job).delete()
        JobArtifact.objects.bulk_create(files)
        if made:
            columns["result"] = with_versions(columns["result"], made, add_versions(job, made))
        return change(fence_of(job), columns, artifacts=artifacts_of(job)) is not None


def figures_of(result: Mapping[str, Any] | None) -> dict[str, Any]:
    """The few numbers that lists show."""
    found = result or {}
    report = found.get("report") or found.get("accuracy") or {}
    of_session = {shown: found[name] for name, shown in _OF_SESSIONS.items() if found.get(name) is not None}
    return of_session or {name: report[name] for name in _FIGURES if name in report}


def summary_of(result: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The result without its layers, which the artifact `report` holds, and without paths of the service."""
    if result is None:
        return None
    kept = dict(result)
    if isinstance(report := kept.get("report"), Mapping):
        kept["report"] = {name: value for name, value in report.items() if name not in ("layers", "outputs")}
    return kept


def fail(job: Job, failure: Failure) -> bool:
    """The attempt failed: again later where the machine is at fault and there is patience left, else for good."""
    if failure.failure_class is FailureClass.INFRASTRUCTURE and job.faults + 1 < settings.ENVIRONMENT.faults_max:
        delay = min(_BACK_OFF_S * math.pow(2, job.faults), _LONGEST_BACK_OFF_S)
        return _again(job, f"{failure.message}; tried again", delay, faults=job.faults + 1)
    return _fail_for_good(job, failure)


def _fail_for_good(job: Job, failure: Failure, **more: Any) -> bool:
    columns = {
        "state": JobState.FAILED.value,
        "ended": timezone.now(),
        "failure": failure.to_mapping(),
        "reason": failure.message,
        "lease_until": None,
        **_NO_PROGRESS,
        **more,
    }
    return change(fence_of(job), columns) is not None


def _again(job: Job, reason: str, delay_s: float, **counts: int) -> bool:
    columns = {
        "state": JobState.QUEUED.value,
        "attempt": job.attempt + 1,
        "owner": "",
        "lease_until": None,
        "started": None,
        "cursor": 0,
        "reason": reason,
        "not_before": timezone.now() + timedelta(seconds=delay_s),
        **_NO_PROGRESS,
        **counts,
    }
    with transaction.atomic():
        Message.objects.filter(job=job, verb=Message.START).delete()
        return change(fence_of(job), columns) is not None


def lose(job: Job, reason: str) -> bool:
    """The service no longer knows the attempt, which is the machine's fault."""
    if job.state == JobState.CANCELLING.value:
        return end_cancelled(job, reason)
    return fail(job, Failure(FailureClass.INFRASTRUCTURE, "Lost", reason))


def expire(job: Job) -> bool:
    """Nobody heard of the attempt in time: start it anew, unless that happened too often."""
    choice = settings.ENVIRONMENT
    reason = f"nothing was heard of attempt {job.attempt} for {choice.lease_s:g} s"
    if job.state == JobState.CANCELLING.value:
        return end_cancelled(job, f"{reason}; what it ran ends with its service")
    with transaction.atomic():
        if job.expiries + 1 < choice.attempts_max:
            changed = _again(job, reason, 0.0, expiries=job.expiries + 1)
        else:
            text = f"{reason}, {choice.attempts_max} times in all"
            failure = Failure(FailureClass.INFRASTRUCTURE, "Silent", text)
            changed = _fail_for_good(job, failure, expiries=job.expiries + 1)
        if changed:
            Message.objects.get_or_create(job=job, attempt=job.attempt, verb=Message.CANCEL)
    return changed


def cancel(job: Job, reason: str) -> bool:
    """End a job: at once where it waits, else `cancelling` until the service says that all processes are gone."""
    queued = Fence(job.pk, job.attempt, (JobState.QUEUED,))
    ended = {"state": JobState.CANCELLED.value, "ended": timezone.now(), "reason": reason}
    if change(queued, ended) is not None:
        return True
    with transaction.atomic():
        running = Fence(job.pk, job.attempt, RUNNING)
        if change(running, {"state": JobState.CANCELLING.value, "reason": reason}) is None:
            return False
        Message.objects.create(job=job, attempt=job.attempt, verb=Message.CANCEL)
        transaction.on_commit(doorbell.ring_dispatch)
    return True


def end_cancelled(job: Job, reason: str | None = None) -> bool:
    """All processes of a cancelled job are gone."""
    columns: dict[str, Any] = {
        "state": JobState.CANCELLED.value,
        "ended": timezone.now(),
        "lease_until": None,
        **_NO_PROGRESS,
    }
    if reason is not None:
        columns["reason"] = reason
    return change(Fence(job.pk, job.attempt, (JobState.CANCELLING,)), columns) is not None
