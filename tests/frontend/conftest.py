from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.frontend.browsing import DESK, Guard, chromium, sign_in
from tests.frontend.server import Workspace, running_workspace


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A seeded workspace; tests that change something make it first."""
    with running_workspace(tmp_path_factory.mktemp("workspace")) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Not for longer than a module: playwright's event loop would be in the way of others."""
    with chromium() as found:
        yield found


@pytest.fixture
def guard() -> Iterator[Guard]:
    """Fails the test for errors in the console, violations of the content policy, and failed requests."""
    found = Guard()
    yield found
    found.check()


@pytest.fixture
def page_of(workspace: Workspace, browser: Browser, guard: Guard) -> Iterator[Callable[[str | None], Page]]:
    """Opens a page for a character, or for nobody."""
    contexts = []

    def opened(who: str | None) -> Page:
        context = browser.new_context(base_url=workspace.url, viewport=DESK)
        context.set_default_timeout(15_000)
        contexts.append(context)
        if who is not None:
            sign_in(context, workspace, who)
        page = context.new_page()
        guard.watch(page)
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def page(page_of: Callable[[str | None], Page]) -> Page:
    """Ada's browser."""
    return page_of("ada")


@pytest.fixture
def stranger_page(page_of: Callable[[str | None], Page]) -> Page:
    """A browser in which nobody has signed in."""
    return page_of(None)
