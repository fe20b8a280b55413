"""A browser that fails a test for whatever a user's console would show."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    ViewportSize,
    sync_playwright,
)

from tests.frontend.server import Workspace

DESK: Final[ViewportSize] = {"width": 1280, "height": 800}
PHONE: Final[ViewportSize] = {"width": 390, "height": 844}
_SERIOUS = ("serious", "critical")


@dataclass
class Guard:
    """Collects what went wrong on a page; what a test expects it names first."""

    expected: list[str] = field(default_factory=list)
    found: list[str] = field(default_factory=list)

    def expect(self, text: str) -> None:
        """Whatever contains this is no failure, such as `404` for a page that should not be there."""
        self.expected.append(text)

    def watch(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.found.append(f"exception: {error}"))
        page.on("requestfailed", self._request)
        page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.found.append(f"console {message.type}: {message.text} ({message.location.get('url')})")

    def _request(self, request: Request) -> None:
        # A page that is left ends its event streams.
        if request.failure != "net::ERR_ABORTED":
            self.found.append(f"request failed: {request.url} {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.found.append(f"status {response.status}: {response.url}")

    def check(self) -> None:
        left = [line for line in self.found if not any(text in line for text in self.expected)]
        assert not left, "\n".join(left)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's chromium without a window."""
    path = shutil.which("chromium")
    assert path, "chromium is missing: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


def sign_in(context: BrowserContext, workspace: Workspace, who: str) -> None:
    """Give a browser a character's session."""
    context.add_cookies([{"name": "sessionid", "value": workspace.seeded["sessions"][who], "url": workspace.url}])


def check_accessibility(page: Page) -> None:
    """No serious or critical finding of axe-core."""
    found: dict[str, Any] = Axe().run(page).response
    serious = [
        f"{entry['impact']} {entry['id']}: {entry['help']}: {node['html'][:200]} {node.get('failureSummary', '')[:300]}"
        for entry in found["violations"]
        if entry["impact"] in _SERIOUS
        for node in entry["nodes"][:5]
    ]
    assert not serious, "\n".join(serious)


def check_fits(page: Page) -> None:
    """Nothing makes the page scroll sideways."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"the page is {wide} px wider than its window"


def check_everywhere(page: Page, path: str) -> None:
    """A page in light on a desk and in dark on a phone: no serious finding, and no scrolling sideways in either."""
    page.goto(path)
    check_accessibility(page)
    check_fits(page)
    before = page.viewport_size
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size(PHONE)
    check_fits(page)
    check_accessibility(page)
    page.set_viewport_size(before or DESK)
    page.emulate_media(color_scheme="light")
