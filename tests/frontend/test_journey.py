"""A user's way through the workspace with the real services: from signing up to a downloaded report."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.backend.e2e.stack import Stack, running_stack
from tests.frontend.browsing import DESK, Guard
from tests.hwservice.small_network import small_network_bytes

PASSWORD = "a long enough password"
WAIT_MS = 240_000
"""Where the hardware of the accelerator was not built before, its first simulation builds it."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("journey"), signup="yes") as found:
        yield found


@pytest.fixture
def newcomer(stack: Stack, browser: Browser, guard: Guard) -> Iterator[Page]:
    """The browser of somebody who was never here."""
    context = browser.new_context(base_url=stack.backend.url, viewport=DESK, accept_downloads=True)
    page = context.new_page()
    guard.watch(page)
    yield page
    context.close()


@pytest.mark.rtl
@pytest.mark.slow
def test_a_newcomer_signs_up_drops_a_network_simulates_it_and_downloads_the_report(newcomer: Page) -> None:
    page = newcomer
    _sign_up(page)
    _drop(page, "tiny.onnx", small_network_bytes())
    expect(page.get_by_role("heading", level=1)).to_contain_text("tiny v1")
    expect(page.get_by_role("region", name="Layers").last).to_contain_text("conv")
    expect(page.locator("#layers")).to_contain_text("expert estimate, table", timeout=60_000)
    page.get_by_role("button", name="Simulate on RTL").click()
    page.get_by_role("link", name="Open report").click(timeout=WAIT_MS)
    expect(page.get_by_text("bit-exact with the golden interpreter")).to_be_visible()
    expect(page.get_by_role("heading", name="Why")).to_be_visible()
    report = _downloaded(page, "Download report")
    assert report["bit_exact"] is True
    assert report["simulator"] == "rtl"
    latency = page.locator(".stat", has=page.get_by_text("Latency", exact=True))
    expect(latency).to_contain_text("measured on RTL")
    page.get_by_role("link", name="ProPruNN, start page").click()
    expect(page.get_by_role("region", name="Your projects").first).to_contain_text("My networks")
    expect(page.get_by_role("region", name="Your latest jobs").first).to_contain_text("completed")


def _sign_up(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Sign up").click()
    page.get_by_label("E-mail address").fill("newcomer@example.org")
    page.get_by_label("Name").fill("Newcomer")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Open an account").click()
    expect(page.get_by_text("No project of your own yet")).to_be_visible()


DROPPED = """([name, bytes]) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], name));
  return data;
}"""


def _drop(page: Page, name: str, content: bytes) -> None:
    """Let go of a file over the page."""
    page.dispatch_event("main", "drop", {"dataTransfer": page.evaluate_handle(DROPPED, [name, list(content)])})


def _downloaded(page: Page, link: str) -> dict[str, object]:
    with page.expect_download() as download:
        page.get_by_role("link", name=link).click()
    found: dict[str, object] = json.loads(Path(download.value.path()).read_text())
    return found
