"""Which deliveries are tried when, and what becomes of them."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from backend.accounts.caller import Caller
from backend.accounts.models import User
from backend.jobs.attempts import cancel
from backend.jobs.models import Job
from backend.webhooks import endpoints, outbox
from backend.webhooks.models import Delivery, DeliveryState, Webhook
from backend.webhooks.posting import Answer
from backend.webhooks.tries import KEPT, SCHEDULE_S, claim, finish, forget_old
from backend.workspace.models import Activity, Project
from tests.backend.conftest import Configure, Mails

GOOD, BAD, GONE = Answer(204, "", 1.0), Answer(500, "status 500", 1.0), Answer(410, "status 410", 1.0)


def due_now() -> None:
    Delivery.objects.filter(state=DeliveryState.PENDING).update(next_try=timezone.now())


def attempt(answer: Answer) -> None:
    """Every delivery that is pending is tried now."""
    due_now()
    for found in claim(100):
        assert finish(found.delivery, found.lease, answer)


@pytest.fixture
def delivery(webhook: Webhook) -> Delivery:
    outbox.announce(webhook.project_id, "job.completed", lambda: {"id": "job_1"})
    return webhook.deliveries.get()


def test_each_change_of_a_job_s_state_is_announced_with_the_job(webhook: Webhook, request: Any) -> None:
    job: Job = request.getfixturevalue("job")
    cancel(job, "no longer needed")
    rows = list(webhook.deliveries.order_by("id"))
    assert [row.kind for row in rows] == ["job.queued", "job.cancelled"]
    body = json.loads(rows[1].payload)
    assert (body["type"], body["data"]["id"], body["data"]["state"]) == ("job.cancelled", job.pk, "cancelled")
    assert body["timestamp"].endswith("Z")


def test_what_is_rolled_back_is_not_announced(webhook: Webhook) -> None:
    with transaction.atomic():
        outbox.announce(webhook.project_id, "job.queued", dict)
        assert webhook.deliveries.exists()
        transaction.set_rollback(True)
    assert not webhook.deliveries.exists()


def test_only_chosen_kinds_of_the_own_project_are_announced(webhook: Webhook, editor: User) -> None:
    endpoints.change(Caller.of_session(editor), webhook, kinds=["job.failed"])
    outbox.announce(webhook.project_id, "job.queued", dict)
    outbox.announce(Project.objects.create(name="other").pk, "job.failed", dict)
    assert not webhook.deliveries.exists()
    outbox.announce(webhook.project_id, "job.failed", dict)
    assert webhook.deliveries.count() == 1


def test_one_event_has_one_name_at_all_endpoints(webhook: Webhook, project: Project, editor: User) -> None:
    endpoints.create(Caller.of_session(editor), project, "https://example.org", ["job.queued"])
    outbox.announce(webhook.project_id, "job.queued", dict)
    assert Delivery.objects.count() == 2
    assert Delivery.objects.values("message").distinct().count() == 1


def test_a_delivery_is_taken_once(delivery: Delivery) -> None:
    assert [found.delivery for found in claim(10)] == [delivery.pk]
    assert claim(10) == []


def test_a_delivery_of_a_process_that_died_is_taken_again_and_the_dead_one_changes_nothing(delivery: Delivery) -> None:
    dead = claim(10)[0]
    due_now()  # its lease is over
    heir = claim(10)[0]
    assert not finish(dead.delivery, dead.lease, BAD)
    assert finish(heir.delivery, heir.lease, GOOD)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.tries, delivery.response_code) == ("delivered", 1, 204)


def test_a_slow_endpoint_holds_up_two_at_a_time_and_no_other_endpoint(
    webhook: Webhook, project: Project, editor: User
) -> None:
    for _ in range(5):
        outbox.announce(webhook.project_id, "job.failed", dict)
    other = endpoints.create(Caller.of_session(editor), project, "https://example.org", ["job.queued"])[0]
    outbox.announce(webhook.project_id, "job.queued", dict)
    urls = [found.url for found in claim(10)]
    assert sorted(urls) == sorted([webhook.url, webhook.url, other.url])
    assert claim(10) == []


def test_failures_are_tried_again_after_longer_and_longer_waits_for_three_days(delivery: Delivery) -> None:
    waits = []
    for _ in SCHEDULE_S:
        attempt(BAD)
        delivery.refresh_from_db()
        assert (delivery.state, delivery.next_try is None) == ("pending", False)
        assert delivery.next_try is not None
        waits.append((delivery.next_try - timezone.now()).total_seconds())
    assert all(0.85 * planned < wait < 1.15 * planned for planned, wait in zip(SCHEDULE_S, waits, strict=True))
    assert sum(SCHEDULE_S) > 3 * 86_400 - 1
    attempt(BAD)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.tries, delivery.next_try) == ("failed", 10, None)
    assert [entry["code"] for entry in delivery.attempts] == [500] * 10


def test_an_endpoint_that_failed_for_days_is_disabled_and_its_maker_told(
    webhook: Webhook, delivery: Delivery, mails: Mails, django_capture_on_commit_callbacks: Any
) -> None:
    attempt(BAD)
    Webhook.objects.update(failing_since=timezone.now() - timedelta(days=4))
    with django_capture_on_commit_callbacks(execute=True):
        attempt(BAD)
    webhook.refresh_from_db()
    assert webhook.disabled is not None
    assert "3 days" in webhook.disabled_reason
    assert Activity.objects.get(verb="webhook.disable").subject == webhook.pk
    assert mails()[-1].to == [webhook.created_by.email]
    due_now()
    assert claim(10) == []
    endpoints.change(Caller.of_session(webhook.created_by), webhook, enabled=True)
    assert [found.delivery for found in claim(10)] == [delivery.pk]


def test_a_success_forgets_earlier_failures(webhook: Webhook, delivery: Delivery) -> None:
    attempt(BAD)
    attempt(GOOD)
    webhook.refresh_from_db()
    delivery.refresh_from_db()
    assert (webhook.failing_since, delivery.state) == (None, "delivered")


@pytest.mark.usefixtures("delivery")
def test_a_receiver_that_is_gone_gets_no_more(webhook: Webhook) -> None:
    attempt(GONE)
    webhook.refresh_from_db()
    assert "410" in webhook.disabled_reason


def test_a_test_is_tried_once_even_where_the_webhook_is_disabled(webhook: Webhook, editor: User) -> None:
    caller = Caller.of_session(editor)
    endpoints.change(caller, webhook, enabled=False)
    test = endpoints.send_test(caller, webhook)
    attempt(BAD)
    test.refresh_from_db()
    webhook.refresh_from_db()
    assert (test.state, test.kind, webhook.failing_since) == ("failed", "webhook.test", None)


def test_a_secret_that_cannot_be_read_fails_its_own_deliveries_only(
    delivery: Delivery, configure: Configure, project: Project, editor: User
) -> None:
    configure(token_key="another key than the one that sealed the first secret")
    other = endpoints.create(Caller.of_session(editor), project, "https://example.org", ["job.queued"])[0]
    outbox.announce(project.pk, "job.queued", dict)
    assert [found.url for found in claim(10)] == [other.url]
    delivery.refresh_from_db()
    assert "rotate it" in delivery.attempts[0]["error"]


def test_decided_deliveries_are_forgotten_after_a_month_and_pending_ones_are_not(delivery: Delivery) -> None:
    Delivery.objects.update(created=timezone.now() - KEPT - timedelta(days=1))
    assert forget_old() == 0
    attempt(GOOD)
    assert forget_old() == 1
    assert not Delivery.objects.filter(pk=delivery.pk).exists()
