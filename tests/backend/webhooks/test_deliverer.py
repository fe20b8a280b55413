"""From an event to a receiver that verifies it."""

import asyncio
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connections
from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from backend.accounts.caller import Caller
from backend.accounts.models import User
from backend.webhooks import endpoints, outbox
from backend.webhooks.deliverer import Deliverer
from backend.webhooks.models import Delivery, Webhook
from tests.backend.e2e.stack import until
from tests.backend.webhooks.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def deliverer(webhook: Webhook) -> Iterator[None]:
    """At work, in a thread of its own."""
    del webhook
    loop = asyncio.new_event_loop()
    task = loop.create_task(Deliverer().run())

    def work() -> None:
        try:
            loop.run_until_complete(task)
        except asyncio.CancelledError:
            pass
        finally:
            connections.close_all()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield
    loop.call_soon_threadsafe(task.cancel)
    thread.join(20)
    assert not thread.is_alive()
    loop.close()


def over(delivery: Delivery) -> bool:
    delivery.refresh_from_db()
    return delivery.tries > 0


@pytest.mark.usefixtures("deliverer")
def test_a_receiver_verifies_what_comes_with_the_secret_that_was_shown_once(
    webhook_and_secret: tuple[Webhook, str], receiver: Receiver
) -> None:
    webhook, secret = webhook_and_secret
    outbox.announce(webhook.project_id, "job.completed", lambda: {"id": "job_1", "name": "größer"})
    delivery = webhook.deliveries.get()
    until(lambda: over(delivery))
    found = receiver.requests[0]
    body = Verifier(secret).verify(found.body, found.headers)
    assert (body["type"], body["data"]) == ("job.completed", {"id": "job_1", "name": "größer"})
    assert (delivery.state, found.headers["webhook-id"]) == ("delivered", delivery.message)
    with pytest.raises(WebhookVerificationError):
        Verifier(secret).verify(found.body.replace(b"job_1", b"job_2"), found.headers)


@pytest.mark.usefixtures("deliverer")
def test_both_secrets_verify_until_the_overlap_ends(
    webhook_and_secret: tuple[Webhook, str], receiver: Receiver, editor: User
) -> None:
    webhook, old = webhook_and_secret
    new = endpoints.rotate(Caller.of_session(editor), webhook, timedelta(hours=1))
    first = endpoints.send_test(Caller.of_session(editor), webhook)
    until(lambda: over(first), 10)
    for secret in (old, new):
        Verifier(secret).verify(receiver.requests[0].body, receiver.requests[0].headers)
    newest = endpoints.rotate(Caller.of_session(editor), webhook, timedelta(0))
    second = endpoints.send_test(Caller.of_session(editor), webhook)
    until(lambda: over(second), 10)
    Verifier(newest).verify(receiver.requests[1].body, receiver.requests[1].headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(new).verify(receiver.requests[1].body, receiver.requests[1].headers)


@pytest.mark.usefixtures("deliverer")
def test_a_replay_brings_the_same_message_again(webhook: Webhook, receiver: Receiver, editor: User) -> None:
    first = endpoints.send_test(Caller.of_session(editor), webhook)
    until(lambda: over(first))
    second = endpoints.replay(Caller.of_session(editor), first)
    until(lambda: over(second))
    one, other = receiver.requests
    assert (one.body, one.headers["webhook-id"]) == (other.body, other.headers["webhook-id"])


@pytest.mark.usefixtures("deliverer")
def test_a_failure_waits_for_its_next_try_and_says_why(webhook: Webhook, receiver: Receiver) -> None:
    receiver.status = 503
    outbox.announce(webhook.project_id, "job.completed", dict)
    delivery = webhook.deliveries.get()
    until(lambda: over(delivery))
    assert (delivery.state, delivery.response_code) == ("pending", 503)
    assert delivery.attempts[0]["error"] == "status 503"
