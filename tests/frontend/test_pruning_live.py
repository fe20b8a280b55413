"""Sessions and a sweep with the real services: from the form to networks that the RTL measured."""

import re
import secrets
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.backend.e2e.stack import Stack, running_stack
from tests.frontend.browsing import DESK, Guard, check_everywhere

PASSWORD = "a long enough password"
START_MS = 120_000
"""The first question to the learning service waits until it has imported torch."""
SESSION_MS = 480_000

pytestmark = [pytest.mark.rtl, pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("pruning"), learning=True, signup="yes") as found:
        yield found


@pytest.fixture
def editor(stack: Stack, browser: Browser, guard: Guard) -> Iterator[Page]:
    """The browser of somebody who has just signed up, in a project of their own."""
    context = browser.new_context(base_url=stack.backend.url, viewport=DESK, accept_downloads=True)
    context.set_default_timeout(30_000)
    page = context.new_page()
    guard.watch(page)
    page.goto("/sign-up")
    page.get_by_label("E-mail address").fill(f"{secrets.token_hex(4)}@example.org")
    page.get_by_label("Name").fill("Editor")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Open an account").click()
    page.goto("/projects/new")
    page.get_by_label("Name").fill("Digits")
    page.get_by_role("button", name=re.compile("Start|Create")).click()
    yield page
    context.close()


def test_a_session_is_chosen_by_what_is_reachable_watched_and_left_as_a_network(editor: Page) -> None:
    page = editor
    page.get_by_role("link", name="Prune", exact=True).first.click()
    page.get_by_role("link", name="New session").first.click(timeout=START_MS)
    page.get_by_label("Network", exact=True).select_option("plain")
    page.get_by_label("Data", exact=True).select_option("digits")
    _choose_budget(page)
    page.get_by_label("Name", exact=True).fill("half of plain")
    page.get_by_label("Epochs", exact=True).fill("2")
    page.get_by_text("More", exact=True).click()
    page.get_by_label("Training images", exact=True).fill("500")
    page.get_by_label("Images of a step", exact=True).fill("50")
    page.get_by_role("button", name="Start").click()
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_contain_text("half of plain")
    expect(page.locator("#plot-loss svg.main-svg").first).to_be_visible(timeout=SESSION_MS)  # while it trains
    expect(heading).to_contain_text("completed", timeout=SESSION_MS)
    _check_outcome(page)
    _check_lineage(page)


def test_a_network_is_trained_as_it_is_by_its_form(editor: Page) -> None:
    page = editor
    page.get_by_role("link", name="Prune", exact=True).first.click()
    page.get_by_role("link", name="Train dense").click(timeout=START_MS)
    check_everywhere(page, page.url)
    _fill_small(page, "whole plain")
    page.get_by_role("button", name="Train", exact=True).click()
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_contain_text("whole plain")
    expect(heading).to_contain_text("completed", timeout=SESSION_MS)
    files = page.get_by_role("region", name="Downloads")
    expect(files.get_by_role("link", name="Download network", exact=True)).to_be_visible()


def test_a_sweep_is_ordered_by_its_form_watched_and_left_as_networks_with_a_lineage(editor: Page) -> None:
    page = editor
    page.get_by_role("link", name="Prune", exact=True).first.click()
    page.get_by_role("link", name="New sweep").click(timeout=START_MS)
    check_everywhere(page, page.url)
    _fill_small(page, "small sweep")
    dense = page.get_by_role("region", name="What is reachable").get_by_role("row", name=re.compile("^dense"))
    expect(dense).to_contain_text("157\u202f312", timeout=START_MS)
    page.get_by_label("Budgets", exact=True).fill("0.5")
    page.get_by_role("checkbox", name=re.compile("^priced-gates ")).uncheck()
    expect(page.locator("#runs")).to_have_text("1 run and the dense network that shares are of.")
    page.get_by_role("button", name="Start").click()
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_contain_text("small sweep")
    expect(page.locator("#runs-count")).to_have_text("1 of 2 done", timeout=SESSION_MS)
    expect(page.locator("#plot-pareto svg.main-svg").first).to_be_visible()
    expect(heading).to_contain_text("completed", timeout=SESSION_MS)
    expect(page.locator("#runs-count")).to_have_text("2 of 2 done", timeout=START_MS)
    expect(page.get_by_role("region", name="By method and budget").locator("tbody tr")).to_have_count(2)
    page.get_by_role("link", name=re.compile(r"^Network v\d+ of uniform-aligned")).click()
    lineage = page.get_by_role("region", name="Lineage")
    expect(lineage.get_by_role("row", name=re.compile("pruned"))).to_contain_text("0.5 of dense")
    lineage.get_by_role("link", name="uniform-aligned, seed 0").click()
    expect(heading).to_contain_text("small sweep")


def _fill_small(page: Page, name: str) -> None:
    """Seconds of training."""
    page.get_by_label("Network", exact=True).select_option("plain")
    page.get_by_label("Data", exact=True).select_option("digits")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Epochs", exact=True).fill("1")
    page.get_by_text("More", exact=True).click()
    page.get_by_label("Training images", exact=True).fill("300")
    page.get_by_label("Images of a step", exact=True).fill("50")


def _choose_budget(page: Page) -> None:
    """Below the least is refused, which is named; then half of what the dense network takes."""
    table = page.get_by_role("region", name="What is reachable")
    for name in ("least", "half", "dense"):
        expect(table.get_by_role("rowheader", name=re.compile(f"^{name}"))).to_be_visible(timeout=START_MS)
    dense = table.get_by_role("row", name=re.compile("^dense"))
    expect(dense).to_contain_text(
        "157\u202f312", timeout=START_MS
    )  # MACs of plain on digits: the last question's answer
    field = page.get_by_label("Latency budget in ms")
    field.fill("0.000001")
    expect(page.get_by_text("Below the least that is reachable")).to_be_visible()
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("New session")
    dense_ms = float(field.get_attribute("data-dense") or "")
    field.fill(f"{dense_ms / 2:.4g}")
    expect(page.get_by_text(re.compile(r"^(49\.9|50\.0|50\.1) % of the dense network's"))).to_be_visible()


def _check_outcome(page: Page) -> None:
    costs = page.get_by_role("region", name="Predicted against measured")
    expect(costs.get_by_role("row", name=re.compile("^Latency"))).to_be_visible()
    expect(page.get_by_text("bit-exact", exact=True)).to_be_visible()
    files = page.get_by_role("region", name="Downloads")
    for name in ("network", "state_dict", "module", "program"):
        expect(files.get_by_role("link", name=f"Download {name}", exact=True)).to_be_visible()
    with page.expect_download() as download:
        files.get_by_role("link", name="Download network", exact=True).click()
    assert download.value.path().stat().st_size > 1000
    expect(page.get_by_role("region", name="Layers", exact=True).get_by_role("img").first).to_be_visible()


def _check_lineage(page: Page) -> None:
    """The network is in the project, with the session that made it."""
    page.get_by_role("link", name="Networks", exact=True).first.click()
    page.get_by_role("link", name="plain on digits").click()
    expect(page.get_by_text("pruned", exact=True).first).to_be_visible()
    page.get_by_role("link", name="its job").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("half of plain")
