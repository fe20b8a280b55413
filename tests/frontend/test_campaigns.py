"""Campaigns in the browser: described in a form or a file, looked at, acted upon."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from frontend.campaigns.definition import definition_of_text
from frontend.forms import FormError
from tests.frontend.browsing import Guard, check_everywhere
from tests.frontend.server import Workspace

PLOTS = ("scatter", "latency_ms", "energy_mj", "utilisation", "expert_error")


@pytest.fixture
def address(workspace: Workspace) -> str:
    return f"/projects/{workspace.seeded['project']}/campaigns"


@pytest.fixture
def complete(workspace: Workspace) -> str:
    return f"/campaigns/{workspace.seeded['campaign']}"


@pytest.mark.parametrize("path", ["", "/new", "/new?as=file"])
def test_the_list_and_both_forms_are_accessible_everywhere(page: Page, address: str, path: str) -> None:
    check_everywhere(page, address + path)


def test_a_campaign_is_accessible_everywhere(page: Page, complete: str) -> None:
    check_everywhere(page, complete)


def test_an_empty_list_says_what_to_do(workspace: Workspace, page: Page) -> None:
    page.goto(f"/projects/{workspace.seeded['sample']}/campaigns")
    expect(page.get_by_role("heading", name="No campaign yet")).to_be_visible()


@pytest.mark.parametrize("plot", PLOTS)
def test_every_plot_is_drawn_with_a_summary_and_the_table_behind_it(page: Page, complete: str, plot: str) -> None:
    page.goto(complete)
    page.locator(f"#plot-{plot}").scroll_into_view_if_needed()
    expect(page.locator(f"#plot-{plot} svg.main-svg").first).to_be_visible()
    assert page.locator(f"#plot-{plot} .point").count() > 20
    assert len(page.locator(f"#plot-{plot}-text").inner_text()) > 40
    figure = page.locator("figure", has=page.locator(f"#plot-{plot}"))
    figure.get_by_text("Table behind the plot").click()
    assert figure.locator("tbody tr").count() >= 6


def test_tables_and_card_are_downloaded(page: Page, complete: str) -> None:
    page.goto(complete)
    for name in ("networks", "layers", "card"):
        with page.expect_download() as download:
            page.get_by_role("link", name=f"Download {name}").click()
        assert download.value.path().stat().st_size > 1000


def test_what_is_wrong_is_said_beside_its_field_and_nothing_that_was_typed_is_lost(page: Page, address: str) -> None:
    page.goto(f"{address}/new")
    page.get_by_label("Name").fill("typed")
    page.get_by_role("button", name="Add a family").click()
    second = page.get_by_role("group", name="Family 2")
    second.get_by_label("Networks", exact=True).fill("many")
    second.get_by_label("Input sizes").fill("3x32")
    page.get_by_role("button", name="Estimate").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("'many' is no whole number")
    expect(alert).to_contain_text("such as 3x32x32")
    expect(page.get_by_label("Name")).to_have_value("typed")
    page.get_by_role("button", name="Remove family 2").click()
    expect(second).to_have_count(0)


def test_a_pasted_file_that_cannot_be_read_is_refused_in_words(page: Page, address: str) -> None:
    page.goto(f"{address}/new?as=file")
    page.get_by_label("Definition, in TOML or JSON").fill("name = ")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("alert")).to_contain_text("cannot be read as TOML")


def test_a_campaign_is_started_paused_and_cancelled_from_its_page(page: Page, address: str) -> None:
    page.goto(f"{address}/new")
    page.get_by_label("Name").fill("from the form")
    page.get_by_role("button", name="Start").click()
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_contain_text("from the form queued")
    page.get_by_role("button", name="Pause").click()
    expect(heading).to_contain_text("paused")
    page.get_by_role("button", name="Resume").click()
    expect(heading).to_contain_text("queued")
    page.get_by_role("button", name="Cancel").click()
    expect(heading).to_contain_text("cancelled")
    page.get_by_label("More of the same").fill("150")
    page.get_by_role("button", name="Extend").click()
    expect(page.get_by_text("150 networks, 150 rows")).to_be_visible()


def test_a_duplicate_starts_from_the_definition(page: Page, complete: str) -> None:
    page.goto(complete)
    page.get_by_role("link", name="Duplicate").click()
    assert "square-16x16" in page.get_by_label("Definition, in TOML or JSON").input_value()


def test_where_the_service_is_away_the_page_says_so(page: Page, workspace: Workspace) -> None:
    page.goto(f"/campaigns/{workspace.seeded['campaign-running']}")
    expect(page.get_by_text("The rows so far cannot be looked at now")).to_be_visible()
    expect(page.locator("[data-row-count]")).to_have_text("720")


def test_who_may_only_look_gets_no_buttons_and_strangers_no_page(
    page_of: Callable[[str | None], Page], complete: str, address: str, guard: Guard
) -> None:
    viewer = page_of("vera")
    viewer.goto(complete)
    expect(viewer.get_by_role("button", name="Extend")).to_have_count(0)
    guard.expect("403")
    answer = viewer.goto(f"{address}/new")
    assert answer is not None
    assert answer.status == 403
    guard.expect("404")
    answer = page_of("nora").goto(complete)
    assert answer is not None
    assert answer.status == 404


@pytest.mark.parametrize(
    ("text", "words"), [("", "Paste a definition"), ("{", "JSON"), ("a = 1979-05-27", "TOML"), ("a = nan", "TOML")]
)
def test_what_no_definition_can_hold_is_refused(text: str, words: str) -> None:
    with pytest.raises(FormError) as caught:
        definition_of_text(text)
    assert words in caught.value.errors["text"]
