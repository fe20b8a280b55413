"""What services must still be told, and what becomes of it."""

from datetime import timedelta
from typing import Final

from django.utils import timezone

from backend.jobs import attempts
from backend.jobs.models import Job, Message
from contracts.job import JobState

_KEPT: Final = timedelta(days=1)
_LONGEST_WAIT_S: Final = 30.0


def start_pending(job: Job) -> bool:
    """Whether the service was not yet told to start the attempt."""
    return Message.objects.filter(job=job, attempt=job.attempt, verb=Message.START).exists()


def started(job: Job) -> None:
    """The service has the attempt: whatever concerned older ones no longer matters."""
    Message.objects.filter(job=job, attempt__lt=job.attempt).delete()
    Message.objects.filter(job=job, attempt=job.attempt, verb=Message.START).delete()


def due_cancels() -> list[Message]:
    """Ends to ask for now."""
    rows = Message.objects.filter(verb=Message.CANCEL, not_before__lte=timezone.now())
    return list(rows.select_related("job").order_by("id")[:100])


def is_overtaken(message: Message) -> bool:
    """A newer attempt runs: telling the service to cancel would hit that one."""
    job = Job.objects.only("attempt", "state").get(pk=message.job_id)
    return job.attempt > message.attempt and job.state == JobState.RUNNING.value


def heard(message: Message, *, unknown: bool = False) -> None:
    """The service knows; where it does not know the job, all its processes are gone."""
    message.delete()
    if unknown:
        attempts.end_cancelled(message.job)


def unheard(message: Message) -> None:
    """The service could not be told; later again, but not for ever."""
    if timezone.now() - message.created > _KEPT:
        message.delete()
        return
    wait = min(0.25 * 2**message.tries, _LONGEST_WAIT_S)
    later = timezone.now() + timedelta(seconds=wait)
    Message.objects.filter(pk=message.pk).update(tries=message.tries + 1, not_before=later)
