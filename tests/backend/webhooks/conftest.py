from collections.abc import Iterator

import pytest

from backend.accounts.caller import Caller
from backend.accounts.models import User
from backend.webhooks import endpoints
from backend.webhooks.models import KINDS, Webhook
from backend.workspace.models import Project
from tests.backend.conftest import Configure
from tests.backend.webhooks.receiver import Receiver, receiving


@pytest.fixture
def receiver(configure: Configure) -> Iterator[Receiver]:
    """On loopback, to which the operator allows posting here."""
    configure(webhook_networks=("127.0.0.0/8",))
    with receiving() as found:
        yield found


@pytest.fixture
def webhook_and_secret(project: Project, editor: User, receiver: Receiver) -> tuple[Webhook, str]:
    return endpoints.create(Caller.of_session(editor), project, receiver.url, KINDS)


@pytest.fixture
def webhook(webhook_and_secret: tuple[Webhook, str]) -> Webhook:
    """Listens to everything of the project."""
    return webhook_and_secret[0]
