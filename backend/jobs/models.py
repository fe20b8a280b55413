"""Jobs, their events and files, and what must still be told to a service."""

from typing import Any

from django.db import models
from django.utils import timezone

from backend.accounts.models import User
from backend.ids import new_id
from backend.workspace.models import Artifact, NetworkVersion, Project
from contracts.job import FailureClass, JobState


def new_job_id() -> str:
    """A job's name for good, at the service too."""
    return new_id("job")


def new_run_id() -> str:
    """A run's name for good."""
    return new_id("run")


STATES = [(state.value, state.value) for state in JobState]
LIVE = (JobState.QUEUED.value, JobState.RUNNING.value, JobState.CANCELLING.value)
"""States in which something may still change."""


class Run(models.Model):
    """Jobs that were submitted together, such as several networks on several accelerators."""

    id = models.CharField(primary_key=True, max_length=40, default=new_run_id, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="runs")
    name = models.CharField(max_length=100)
    created = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        db_table = "run"
        indexes = (models.Index(fields=("project", "id"), name="runs_of_project"),)

    def __str__(self) -> str:
        return self.name


def new_campaign_id() -> str:
    """A campaign's name for good."""
    return new_id("camp")


class Campaign(models.Model):
    """A data set in the making: the jobs that carried its definition out, one after the other; the newest counts.

    Attributes:
        paused: its newest job was cancelled to go on later.
    """

    id = models.CharField(primary_key=True, max_length=40, default=new_campaign_id, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="campaigns")
    name = models.CharField(max_length=100)
    paused = models.BooleanField(default=False)
    created = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        db_table = "campaign"
        indexes = (models.Index(fields=("project", "id"), name="campaigns_of_project"),)

    def __str__(self) -> str:
        return self.name


class Job(models.Model):
    """One job with its newest attempt. Only `backend.jobs.changes` writes to it after it was created.

    Attributes:
        order: what the service is asked for (see `backend.jobs.orders`).
        attempt: number of the newest attempt; the fence.
        expiries: leases that expired so far.
        faults: attempts that failed by the machine's fault so far.
        campaign: one of many; single jobs go ahead.
        of_campaign: the campaign that it carries out.
        owner: the dispatcher that attends to it.
        lease_until: when the attempt is given up unless its dispatcher hears of it.
        cursor: the service's number of the newest event that was taken over.
        not_before: when it may be claimed (back-off).
        reason: why it waits again or ended, in words.
        figures: the few numbers that lists show, with units in their names.
        result: what the service reported, without its layers.
        cache_key: digest over kind, inputs, options and code version.
        last_event: sequence number of the newest event.
    """

    id = models.CharField(primary_key=True, max_length=40, default=new_job_id, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="jobs", db_index=False)
    user = models.ForeignKey(User, models.PROTECT, related_name="jobs", db_index=False)
    run = models.ForeignKey(Run, models.SET_NULL, null=True, related_name="jobs", db_index=False)
    of_campaign = models.ForeignKey(Campaign, models.SET_NULL, null=True, related_name="jobs", db_index=False)
    retry_of = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+")
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=100, blank=True, default="")
    network = models.ForeignKey(NetworkVersion, models.PROTECT, null=True, related_name="jobs", db_index=False)
    network_name = models.CharField(max_length=120, blank=True, default="")
    accelerator_name = models.CharField(max_length=100)
    order = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=STATES, default=JobState.QUEUED.value)
    attempt = models.PositiveIntegerField(default=1)
    expiries = models.PositiveIntegerField(default=0)
    faults = models.PositiveIntegerField(default=0)
    campaign = models.BooleanField(default=False)
    owner = models.CharField(max_length=80, blank=True, default="")
    lease_until = models.DateTimeField(null=True)
    cursor = models.BigIntegerField(default=0)
    not_before = models.DateTimeField(default=timezone.now)
    created = models.DateTimeField(default=timezone.now)
    started = models.DateTimeField(null=True)
    ended = models.DateTimeField(null=True)
    phase = models.CharField(max_length=40, null=True)  # absent until the service says one
    fraction = models.FloatField(null=True)
    seconds_left = models.FloatField(null=True)
    reason = models.TextField(blank=True, default="")
    failure = models.JSONField(null=True)
    figures = models.JSONField(default=dict)
    result = models.JSONField(null=True)
    cache_key = models.CharField(max_length=64, blank=True, default="")
    cached_from = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+")
    last_event = models.BigIntegerField(default=0)

    class Meta:
        db_table = "job"
        indexes = (
            # Lists: one for each filter by itself, and for each order.
            models.Index(fields=("project", "id"), name="jobs_of_project"),
            models.Index(fields=("project", "state", "id"), name="jobs_of_project_by_state"),
            models.Index(fields=("project", "kind", "id"), name="jobs_of_project_by_kind"),
            models.Index(fields=("project", "accelerator_name", "id"), name="jobs_by_accelerator"),
            models.Index(fields=("project", "user", "id"), name="jobs_of_project_by_user"),
            models.Index(fields=("run", "id"), name="jobs_of_run"),
            models.Index(fields=("of_campaign", "id"), name="jobs_of_campaign"),
            models.Index(fields=("network", "id"), name="jobs_of_network"),
            models.Index(fields=("project", "started", "id"), name="jobs_of_project_by_start"),
            models.Index(fields=("project", "ended", "id"), name="jobs_of_project_by_end"),
            models.Index(fields=("project", "name", "id"), name="jobs_of_project_by_name"),
            # The queue.
            models.Index(fields=("state", "not_before"), name="jobs_by_state"),
            models.Index(fields=("user", "state"), name="jobs_of_user"),
            models.Index(fields=("cache_key",), name="jobs_by_cache_key"),
        )
        constraints = (
            models.CheckConstraint(condition=models.Q(state__in=[name for name, _ in STATES]), name="state_is_known"),
        )

    def __str__(self) -> str:
        return f"{self.id} ({self.state})"

    @property
    def done(self) -> bool:
        """Nothing will change any more."""
        return JobState(self.state).done

    @property
    def failure_class(self) -> FailureClass | None:
        """Whose fault it was, where it failed."""
        return FailureClass(self.failure["class"]) if self.failure else None


class JobEvent(models.Model):
    """One thing that happened to a job. Merging `changes` of all events in order gives the job's document.

    Attributes:
        sequence: counts from 1 within the job, without gaps.
        number: counts within the project's stream, without gaps.
        line: of a log event.
        data: what a training session tells (`contracts.job.TOLD`).
    """

    job = models.ForeignKey(Job, models.CASCADE, related_name="events")
    project = models.ForeignKey(Project, models.CASCADE, related_name="events")
    sequence = models.BigIntegerField()
    number = models.BigIntegerField()
    attempt = models.PositiveIntegerField()
    time = models.DateTimeField(default=timezone.now)
    kind = models.CharField(max_length=12)
    changes: Any = models.JSONField(default=dict)
    line = models.TextField(blank=True, default="")
    data: Any = models.JSONField(default=dict)

    class Meta:
        db_table = "job_event"
        constraints = (
            models.UniqueConstraint(fields=("job", "sequence"), name="sequence_counts_in_job"),
            models.UniqueConstraint(fields=("project", "number"), name="number_counts_in_project"),
        )

    def __str__(self) -> str:
        return f"{self.job_id} #{self.sequence} {self.kind}"


class JobArtifact(models.Model):
    """A file that a job made, under its name within the job."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="artifacts")
    name = models.CharField(max_length=40)
    artifact = models.ForeignKey(Artifact, models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=120)
    media_type = models.CharField(max_length=80)

    class Meta:
        db_table = "job_artifact"
        constraints = (models.UniqueConstraint(fields=("job", "name"), name="artifact_names_differ"),)

    def __str__(self) -> str:
        return f"{self.job_id} {self.name}"


class Message(models.Model):
    """Something a service must still be told; written in the transaction that decided it, deleted once it was heard."""

    START = "start"
    CANCEL = "cancel"

    job = models.ForeignKey(Job, models.CASCADE, related_name="messages")
    attempt = models.PositiveIntegerField()
    verb = models.CharField(max_length=10, choices=[(START, START), (CANCEL, CANCEL)])
    created = models.DateTimeField(default=timezone.now)
    not_before = models.DateTimeField(default=timezone.now)
    tries = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "outbox"
        constraints = (models.UniqueConstraint(fields=("job", "attempt", "verb"), name="told_once"),)

    def __str__(self) -> str:
        return f"{self.verb} {self.job_id}.{self.attempt}"
