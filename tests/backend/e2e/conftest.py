from collections.abc import Iterator

import pytest

from tests.backend.e2e.jobs import upload
from tests.backend.e2e.stack import Stack, running_stack
from tests.hwservice.small_network import images_bytes


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("stack")) as found:
        yield found


@pytest.fixture(scope="session")
def project(stack: Stack) -> str:
    """A project of `owner@example.org`."""
    answer = stack.client().post("/projects", json={"name": "first"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


@pytest.fixture(scope="session")
def network(stack: Stack, project: str) -> str:
    """A small network in it."""
    return upload(stack, project)


@pytest.fixture(scope="session")
def images(stack: Stack, project: str) -> str:
    """Images for it."""
    answer = stack.client().post(
        f"/projects/{project}/data",
        params={"name": "images"},
        content=images_bytes(),
        headers={"Content-Type": "application/octet-stream"},
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])
