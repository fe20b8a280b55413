"""Where events are posted, and every posting."""

from typing import Final

from django.db import models
from django.utils import timezone

from backend.accounts.models import User
from backend.ids import new_id
from backend.workspace.models import Project

TEST_KIND: Final = "webhook.test"
KINDS: Final = ("job.queued", "job.running", "job.cancelling", "job.completed", "job.failed", "job.cancelled")
"""What can be listened to: a job came into the state."""


def new_webhook_id() -> str:
    """An endpoint's name for good."""
    return new_id("hook")


def new_delivery_id() -> str:
    """A delivery's name for good."""
    return new_id("dlv")


class Webhook(models.Model):
    """An address to which a project's events are posted.

    Attributes:
        kinds: which of `KINDS` are posted.
        sealed: the secret that signs, encrypted (see `sealing`).
        sealed_before: the secret before the last rotation, which signs too until `before_until`.
        failing_since: when the first of the failures in a row happened; absent after a success.
        disabled: when nothing more was posted, by a member or after days of failure.
        disabled_reason: why, in words.
        version: counts changes, for ETags.
    """

    id = models.CharField(primary_key=True, max_length=40, default=new_webhook_id, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="webhooks")
    url = models.CharField(max_length=2000)
    description = models.CharField(max_length=200, blank=True, default="")
    kinds = models.JSONField(default=list)
    sealed = models.TextField()
    sealed_before = models.TextField(blank=True, default="")
    before_until = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    disabled = models.DateTimeField(null=True)
    disabled_reason = models.CharField(max_length=300, blank=True, default="")
    created = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        db_table = "webhook"
        indexes = (models.Index(fields=("project", "id"), name="webhooks_of_project"),)

    def __str__(self) -> str:
        return f"{self.id} ({self.url[:60]})"


class DeliveryState(models.TextChoices):
    """How far a delivery is."""

    PENDING = "pending", "will be tried (again)"
    DELIVERED = "delivered", "the receiver answered 2xx"
    FAILED = "failed", "given up"


class Delivery(models.Model):
    """One event for one endpoint; written in the transaction of the event, tried until it is delivered or given up.

    Attributes:
        message: the event's name, the same at all endpoints and in replays: receivers drop what they have seen.
        payload: the body, byte for byte as it is signed and sent.
        next_try: when it is due; while it is being tried, when it becomes due again if the process dies.
        lease: who tries it; empty between tries.
        attempts: what became of each try: time, response code, error, duration.
        response_code: of the newest try.
    """

    id = models.CharField(primary_key=True, max_length=40, default=new_delivery_id, editable=False)
    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries")
    message = models.CharField(max_length=40)
    kind = models.CharField(max_length=40)
    payload = models.TextField()
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.PENDING)
    created = models.DateTimeField(default=timezone.now)
    next_try = models.DateTimeField(null=True, default=timezone.now)
    lease = models.CharField(max_length=32, blank=True, default="")
    tries = models.PositiveIntegerField(default=0)
    attempts = models.JSONField(default=list)
    response_code = models.PositiveIntegerField(null=True)
    replay_of = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+")

    class Meta:
        db_table = "webhook_delivery"
        indexes = (
            models.Index(fields=("webhook", "id"), name="deliveries_of_webhook"),
            models.Index(fields=("state", "next_try"), name="deliveries_due"),
            models.Index(fields=("created",), name="deliveries_by_age"),
        )

    def __str__(self) -> str:
        return f"{self.id} {self.kind} ({self.state})"
