"""A project's webhooks in the browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.frontend.browsing import Guard, check_everywhere
from tests.frontend.server import Workspace

POSTED = """
from backend.webhooks.tries import claim, finish
from backend.webhooks.posting import Answer
for found in claim(50):
    finish(found.delivery, found.lease, Answer({code}, {error!r}, 12.5))
"""


@pytest.fixture
def webhook(workspace: Workspace) -> str:
    return f"/settings/webhooks/{workspace.seeded['webhook']}"


def posted(workspace: Workspace, code: int | None, error: str = "") -> None:
    """As if the deliverer, which does not run here, had posted what is due and got an answer."""
    workspace.python(POSTED.format(code=code, error=error))


def test_pages_are_accessible_everywhere(page: Page, workspace: Workspace, webhook: str) -> None:
    check_everywhere(page, "/settings/webhooks")
    check_everywhere(page, webhook)
    check_everywhere(page, f"{webhook}/deliveries/{workspace.seeded['delivery']}")


def test_a_webhook_is_added_tested_and_its_secret_shown_once(page: Page, workspace: Workspace) -> None:
    page.goto("/settings/webhooks")
    page.get_by_label("Address").fill("https://receiver.example.org/hook")
    page.get_by_role("button", name="Add").click()
    secret = page.locator("#secret-text").inner_text()
    assert secret.startswith("whsec_")
    page.get_by_role("link", name="Test it").click()
    assert secret not in page.content()
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_text("A test is on its way")).to_be_visible()
    deliveries = page.get_by_role("region", name="Deliveries")
    expect(deliveries).to_contain_text("pending")
    posted(workspace, None, "the name has no address")
    expect(deliveries).to_contain_text("failed", timeout=10_000)
    deliveries.get_by_role("link", name="webhook.test").click()
    expect(page.get_by_role("region", name="Tries").first).to_contain_text("the name has no address")
    expect(page.get_by_text('"type": "webhook.test"')).to_be_visible()
    page.get_by_role("button", name="Replay").click()
    expect(page.get_by_text("The same message is posted again.")).to_be_visible()
    expect(page.get_by_role("region", name="Deliveries").locator("tbody tr")).to_have_count(2)
    page.get_by_role("button", name="Remove the webhook").click()
    expect(page.get_by_text("The webhook is removed.")).to_be_visible()


@pytest.mark.parametrize(
    ("address", "words"),
    [("https://10.0.0.1/hook", "no public address"), ("ftp://receiver.example.org", "begins with")],
)
def test_a_wrong_address_is_named_at_its_field(page: Page, address: str, words: str) -> None:
    page.goto("/settings/webhooks")
    page.get_by_label("Address").fill(address)
    page.get_by_role("button", name="Add").click()
    expect(page.locator("#wrong-address")).to_contain_text(words)
    expect(page.get_by_label("Address")).to_have_value(address)


def test_a_webhook_without_events_is_refused_at_their_choice(page: Page) -> None:
    page.goto("/settings/webhooks")
    page.get_by_label("Address").fill("https://receiver.example.org/hook")
    for kind in ("completed", "failed"):
        page.get_by_role("checkbox", name=kind).uncheck()
    page.get_by_role("button", name="Add").click()
    expect(page.locator("fieldset .wrong")).to_contain_text("at least 1")


def test_a_webhook_is_changed_disabled_and_enabled(page: Page, webhook: str) -> None:
    page.goto(webhook)
    page.get_by_label("What for").fill("our board")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("our board")).to_be_visible()
    page.get_by_role("button", name="Disable").click()
    expect(page.get_by_text("A member disabled it")).to_be_visible()
    expect(page.get_by_role("button", name="Replay")).to_have_count(0)
    page.get_by_role("button", name="Enable").click()
    expect(page.get_by_text("Enabled: what waits is posted now.")).to_be_visible()


def test_a_new_secret_is_shown_once(page: Page, webhook: str) -> None:
    page.goto(webhook)
    page.get_by_role("button", name="New secret").click()
    expect(page.locator("#secret-text")).to_contain_text("whsec_")
    expect(page.get_by_text("For a day the old one signs too")).to_be_visible()


def test_deliveries_are_filtered_by_what_became_of_them(page: Page, webhook: str) -> None:
    page.goto(webhook)
    page.get_by_role("navigation", name="State of deliveries").get_by_role("link", name="Failed").click()
    expect(page.get_by_role("region", name="Deliveries").locator("tbody tr")).to_have_count(1)
    expect(page.get_by_role("region", name="Deliveries")).to_contain_text("503")


def test_a_viewer_may_not_look_and_a_newcomer_is_told_what_to_do(
    page_of: Callable[[str | None], Page], guard: Guard, webhook: str
) -> None:
    guard.expect("403")
    guard.expect("404")
    for who, status in (("vera", 403), ("nora", 404)):
        answer = page_of(who).goto(webhook)
        assert answer is not None
        assert answer.status == status
    nora = page_of("nora")
    nora.goto("/settings/webhooks")
    expect(nora.get_by_text("No project to listen to")).to_be_visible()
