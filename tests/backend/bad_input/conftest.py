from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.backend.bad_input.installation import Installation
from tests.backend.e2e.jobs import new_project
from tests.backend.e2e.stack import running_stack, until


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("bad")
    with ExitStack() as entered:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PROPRUNN_CACHE", str(folder / "service"))  # of these services, not of the tests behind these
            stack = entered.enter_context(running_stack(folder, upload_bytes=str(4 << 20)))
        project, network = new_project(stack)
        folders = (folder / "backend" / "store", folder / "service")
        yield Installation(stack, project, network, folders)


@pytest.fixture(autouse=True)
def _nothing_changes(installation: Installation) -> Iterator[None]:
    """Nothing is written, and nothing is left running."""
    before = installation.state()
    yield
    until(lambda: installation.state().processes <= before.processes, 10)
    after = installation.state()
    assert after.rows == before.rows
    assert after.files == before.files
    assert installation.client.get("/health").status_code == 200
