"""What the API itself must remember: answers to requests that may come twice."""

from django.db import models
from django.utils import timezone

from backend.accounts.models import User


class RememberedAnswer(models.Model):
    """The answer to a request with an `Idempotency-Key`.

    Attributes:
        fingerprint: digest over method, path and body; another request may not use the key.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveIntegerField(default=0)
    headers = models.JSONField(default=dict)
    body = models.JSONField(null=True)
    created = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        db_table = "remembered_answer"
        constraints = (models.UniqueConstraint(fields=("user", "key"), name="one_answer_per_key"),)

    def __str__(self) -> str:
        return self.key
