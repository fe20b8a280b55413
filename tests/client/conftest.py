"""The real installation for whoever asks for it, and one that only pretends for faults of the wire."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from proprunn.client import Client
from proprunn.settings import Access
from proprunn.transport import Patience, Transport

from tests.backend.e2e.jobs import new_project
from tests.backend.e2e.stack import Stack, running_stack

TOKEN = "ppn_key.secret"
Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(autouse=True)
def _no_settings_of_mine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("PROPRUNN_URL", "PROPRUNN_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PROPRUNN_CONFIG", str(tmp_path / "settings" / "client.json"))


@pytest.fixture
def naps() -> list[float]:
    """Seconds that the client meant to sleep."""
    return []


@pytest.fixture
def wire(naps: list[float]) -> Callable[[Answer], Transport]:
    """A transport whose server is a function; it does not really sleep."""

    def make(answer: Answer) -> Transport:
        access = Access("http://installation.test", TOKEN)
        return Transport(access, Patience(attempts=4), httpx.MockTransport(answer), naps.append)

    return make


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("client"), learning=True) as found:
        yield found


@pytest.fixture(scope="session")
def token(stack: Stack) -> str:
    return str(stack.client().headers["Authorization"]).removeprefix("Bearer ")


@pytest.fixture(scope="session")
def place(stack: Stack) -> tuple[str, str]:
    """A project and a network in it."""
    return new_project(stack)


@pytest.fixture
def client(stack: Stack, token: str) -> Iterator[Client]:
    with Client(stack.backend.url, token) as found:
        yield found
