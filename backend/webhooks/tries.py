"""Which delivery is tried next, by whom, and what becomes of it. Everything is fenced by the lease."""

import random
import secrets
import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from backend.accounts import mailing
from backend.webhooks.models import TEST_KIND, Delivery, DeliveryState, Webhook
from backend.webhooks.posting import SECONDS, Answer
from backend.webhooks.sealing import headers, unseal
from backend.workspace.activity import note_of_system

SCHEDULE_S: Final = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Waits before tries 2 to 10: three days in all."""
PATIENCE: Final = timedelta(days=3)
"""An endpoint that failed all this time is disabled."""
LEASE_S: Final = 4 * SECONDS
KEPT: Final = timedelta(days=30)
_PER_ENDPOINT: Final = 2
_LOOKED_AT: Final = 200
_JITTER: Final = 0.1


@dataclass(frozen=True)
class Try:
    """A delivery that this process may try now.

    Attributes:
        lease: proves it until the try is over.
    """

    delivery: str
    lease: str
    url: str
    headers: dict[str, str]
    body: bytes


def claim(room: int) -> list[Try]:
    """Take deliveries that are due: the longest due first, two at a time for each endpoint."""
    now = timezone.now()
    pending = Delivery.objects.filter(state=DeliveryState.PENDING)
    trying = pending.filter(next_try__gt=now).exclude(lease="").values_list("webhook_id").annotate(Count("id"))
    busy = Counter(dict(trying))
    full = [webhook for webhook, count in busy.items() if count >= _PER_ENDPOINT]
    due = pending.filter(Q(webhook__disabled=None) | Q(kind=TEST_KIND), next_try__lte=now).exclude(webhook_id__in=full)
    claimed: list[Try] = []
    for row in due.select_related("webhook").order_by("next_try", "id")[:_LOOKED_AT]:
        if len(claimed) == room:
            break
        if busy[row.webhook_id] < _PER_ENDPOINT and (lease := _take(row, now)):
            busy[row.webhook_id] += 1
            claimed += _prepared(row, lease)
    return claimed


def _take(row: Delivery, now: datetime) -> str | None:
    """Compare and set: who comes second gets nothing. A process that dies loses it when the lease ends."""
    lease = secrets.token_hex(16)
    same = Delivery.objects.filter(pk=row.pk, state=DeliveryState.PENDING, lease=row.lease, next_try=row.next_try)
    return lease if same.update(lease=lease, next_try=now + timedelta(seconds=LEASE_S)) else None


def _prepared(row: Delivery, lease: str) -> list[Try]:
    body = row.payload.encode()
    try:
        signed = headers(row.message, int(time.time()), body, keys_of(row.webhook))
    except Exception as error:  # a secret that cannot be read must not stop the others
        finish(row.pk, lease, Answer(None, str(error), 0.0))
        return []
    return [Try(row.pk, lease, row.webhook.url, signed, body)]


def keys_of(webhook: Webhook) -> list[str]:
    """Secrets that sign now: for a while after a rotation the one before, too."""
    sealed = [webhook.sealed]
    if webhook.before_until is not None and webhook.before_until > timezone.now():
        sealed.append(webhook.sealed_before)
    return [unseal(text) for text in sealed]


def finish(delivery: str, lease: str, answer: Answer) -> bool:
    """Record what came of a try; False where the lease had ended and somebody else has the delivery."""
    with transaction.atomic():
        row = Delivery.objects.select_for_update().filter(pk=delivery, lease=lease).first()
        if row is None:
            return False
        row.tries += 1
        row.lease, row.response_code = "", answer.code
        row.attempts = [*row.attempts, _entry(answer)]
        _decide(row, answer)
        row.save(update_fields=["tries", "lease", "response_code", "attempts", "state", "next_try"])
        if row.kind != TEST_KIND:
            _judge(Webhook.objects.select_for_update().get(pk=row.webhook_id), answer)
    return True


def _entry(answer: Answer) -> dict[str, Any]:
    time_ = timezone.now().isoformat().replace("+00:00", "Z")
    return {"time": time_, "code": answer.code, "error": answer.error, "took_ms": answer.took_ms}


def _decide(row: Delivery, answer: Answer) -> None:
    row.next_try = None
    if answer.ok:
        row.state = DeliveryState.DELIVERED
    elif row.kind == TEST_KIND or row.tries > len(SCHEDULE_S):
        row.state = DeliveryState.FAILED
    else:
        wait = SCHEDULE_S[row.tries - 1] * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311  # spreads load only
        row.next_try = timezone.now() + timedelta(seconds=wait)


def _judge(webhook: Webhook, answer: Answer) -> None:
    """Whether the endpoint still deserves deliveries."""
    now = timezone.now()
    if answer.ok:
        if webhook.failing_since is not None:
            Webhook.objects.filter(pk=webhook.pk).update(failing_since=None)
        return
    since = webhook.failing_since or now
    Webhook.objects.filter(pk=webhook.pk).update(failing_since=since)
    if webhook.disabled is None and (answer.gone or now - since >= PATIENCE):
        days = "the receiver answered 410 Gone" if answer.gone else f"it failed for {PATIENCE.days} days"
        _disable(webhook, f"{days}; lately: {answer.error}"[:300])


def _disable(webhook: Webhook, reason: str) -> None:
    Webhook.objects.filter(pk=webhook.pk).update(disabled=timezone.now(), disabled_reason=reason)
    note_of_system("webhook.disable", webhook.pk, webhook.project_id, reason=reason)
    text = f"Nothing more is posted to\n\n{webhook.url}\n\n{reason}. Enable it again when the receiver works.\n"
    if webhook.created_by.is_active:
        transaction.on_commit(lambda: mailing.send(webhook.created_by.email, "a webhook was disabled", text))


def forget_old() -> int:
    """Delete what was decided long ago; returns how many."""
    old = Delivery.objects.filter(created__lt=timezone.now() - KEPT).exclude(state=DeliveryState.PENDING)
    return old.delete()[0]
