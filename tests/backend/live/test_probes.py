"""What whoever starts and stops the backend's processes is told."""

import asyncio
import json
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from channels.layers import get_channel_layer

from backend.config.asgi import application
from backend.jobs import doorbell
from backend.jobs.dispatcher import Dispatcher
from backend.live.probes import Probes
from backend.workspace import store
from tests.backend.conftest import Configure

pytestmark = pytest.mark.django_db(transaction=True)


async def elsewhere(*asked_for: Any) -> None:
    raise AssertionError(asked_for)


def asked(path: str, app: Any = application) -> tuple[int, dict[str, Any]]:
    """What a probe is answered; it calls by the address, without TLS."""

    async def ask() -> tuple[int, dict[str, Any]]:
        scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": b"",
            "headers": [(b"host", b"10.1.2.3")],
        }
        probe = ApplicationCommunicator(app, scope)  # type: ignore[no-untyped-call]  # asgiref
        await probe.send_input({"type": "http.request"})  # type: ignore[no-untyped-call]  # asgiref
        start = await probe.receive_output(10)  # type: ignore[no-untyped-call]  # asgiref
        body = await probe.receive_output(10)  # type: ignore[no-untyped-call]  # asgiref
        return start["status"], json.loads(body["body"])

    return asyncio.run(ask())


def test_a_working_process_is_live_and_ready() -> None:
    assert asked("/healthz/live") == (200, {"status": "ok", "parts": {}})
    status, said = asked("/healthz/ready")
    assert (status, said["status"]) == (200, "ok"), said
    assert set(said["parts"]) == {"database", "store", "channel layer", "cache"}


def test_a_process_is_not_ready_while_a_part_fails_and_says_which(
    configure: Configure, caplog: pytest.LogCaptureFixture
) -> None:
    configure(store="/proc/nowhere")
    store._store_at.cache_clear()
    status, said = asked("/healthz/ready", Probes(elsewhere, dict))
    assert (status, said["status"]) == (503, "failing")
    assert said["parts"] == {"database": "ok", "store": "fails", "channel layer": "ok", "cache": "ok"}
    assert "the store fails" in caplog.text


def test_a_process_whose_dispatcher_has_ended_is_not_live() -> None:
    working = {"dispatcher": False, "deliverer": True}
    status, said = asked("/healthz/live", Probes(elsewhere, lambda: working))
    assert (status, said["parts"]) == (503, {"dispatcher": "fails", "deliverer": "ok"})


def test_a_dispatcher_outlives_a_failing_channel_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    """It hears the doorbell again when the layer is back."""

    async def disturbed() -> None:
        dispatcher, layer = Dispatcher({}), get_channel_layer()
        failures = iter((ConnectionError("gone"), OSError("refused")))
        heard = layer.receive

        async def receive(channel: str) -> Any:
            for failure in failures:
                raise failure
            return await heard(channel)

        monkeypatch.setattr(layer, "receive", receive)
        monkeypatch.setattr("backend.jobs.dispatcher._POLL_SECONDS", 0.01)
        listening = asyncio.create_task(dispatcher._listen())
        async with asyncio.timeout(10):
            while not dispatcher._bells["teller"].is_set():
                await layer.group_send(doorbell.DISPATCH, doorbell.RUNG)
                await asyncio.sleep(0.01)
        listening.cancel()

    asyncio.run(disturbed())
