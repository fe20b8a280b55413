"""Events become deliveries in the transaction that makes the event: none is lost, and none is told that did not happen."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from django.utils import timezone

from backend.ids import new_id
from backend.webhooks.models import TEST_KIND, Delivery, Webhook


def announce(project_id: str, kind: str, data: Callable[[], Mapping[str, Any]]) -> None:
    """Have an event posted to all endpoints of the project that listen to its kind.

    Args:
        data: what happened; only asked for where somebody listens.
    """
    listening = Webhook.objects.filter(project_id=project_id, disabled=None).only("id", "kinds")
    found = [webhook for webhook in listening if kind in webhook.kinds]
    if found:
        message, payload = new_id("msg"), payload_of(kind, data())
        Delivery.objects.bulk_create(
            Delivery(webhook=webhook, message=message, kind=kind, payload=payload) for webhook in found
        )


def announce_test(webhook: Webhook) -> Delivery:
    """Have a test posted, once, even to an endpoint that is disabled."""
    payload = payload_of(TEST_KIND, {"webhook": webhook.pk, "project": webhook.project_id})
    return Delivery.objects.create(webhook=webhook, message=new_id("msg"), kind=TEST_KIND, payload=payload)


def replay(delivery: Delivery) -> Delivery:
    """Have the same message posted again, as a delivery of its own."""
    same = {name: getattr(delivery, name) for name in ("webhook_id", "message", "kind", "payload")}
    return Delivery.objects.create(replay_of=delivery, **same)


def payload_of(kind: str, data: Mapping[str, Any]) -> str:
    """The body, as standard-webhooks has it: type, time of the event, data."""
    time = timezone.now().isoformat().replace("+00:00", "Z")
    return json.dumps({"type": kind, "timestamp": time, "data": data}, separators=(",", ":"), default=str)
