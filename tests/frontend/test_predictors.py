"""Predictors in the browser: the leaderboard, plots with what is behind them, asking, fitting, deleting."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.frontend.browsing import check_everywhere
from tests.frontend.server import Workspace

PLOTS = ("errors", "points", "residuals", "coverage", "curve", "importance", "shap")


@pytest.fixture
def address(workspace: Workspace) -> str:
    return f"/predictors/{workspace.job('predictor')}"


@pytest.fixture
def listed(workspace: Workspace) -> str:
    return f"/projects/{workspace.seeded['project']}/predictors"


def test_all_pages_are_accessible_everywhere(page: Page, workspace: Workspace, address: str, listed: str) -> None:
    empty = f"/projects/{workspace.seeded['sample']}/predictors"
    for path in (listed, address, f"{listed}/new", empty):
        check_everywhere(page, path)


def test_the_list_shows_scores_and_leads_to_the_predictor(page: Page, listed: str) -> None:
    page.goto(listed)
    row = page.locator("tbody tr", has=page.get_by_role("link", name="board@1"))
    expect(row).to_contain_text("hybrid")
    expect(row).to_contain_text(re.compile(r"\d\.\d\d %"))
    page.get_by_role("link", name="board@1").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("board@1")


def test_a_project_without_predictors_says_what_they_are_for(page: Page, workspace: Workspace) -> None:
    page.goto(f"/projects/{workspace.seeded['sample']}/predictors")
    expect(page.get_by_role("heading", name="No predictor yet")).to_be_visible()


def test_the_leaderboard_has_expert_naive_and_learned_on_every_split(page: Page, address: str) -> None:
    page.goto(address)
    board = page.get_by_role("region", name="Leaderboard, table")
    for kind in ("expert", "linear", "network", "hybrid"):
        expect(board.get_by_role("rowheader", name=re.compile(rf"^{kind}\b"))).to_have_count(5)
    expect(page.get_by_text(re.compile("Random: .* %, expert .* %"))).to_be_visible()


def test_families_are_shown_of_the_split_that_one_chooses(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_label("Split", exact=True).select_option("family")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="By family, split unseen family")).to_be_visible()
    families = page.get_by_role("region", name="Errors by family")
    expect(families.get_by_role("columnheader", name="mobilenet_v2")).to_be_visible()


@pytest.mark.parametrize("plot", PLOTS)
def test_every_plot_is_drawn_with_a_summary_and_the_table_behind_it(page: Page, address: str, plot: str) -> None:
    page.goto(address)
    page.locator(f"#plot-{plot}").scroll_into_view_if_needed()  # plots are drawn when they come into view
    expect(page.locator(f"#plot-{plot} svg.main-svg").first).to_be_visible()
    assert len(page.locator(f"#plot-{plot}-text").inner_text()) > 40
    figure = page.locator("figure", has=page.locator(f"#plot-{plot}"))
    figure.get_by_text("Table behind the plot").click()
    assert figure.locator("tbody tr").count() >= 3


def test_asking_while_the_learning_service_is_away_says_so_and_keeps_the_page(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_role("alert")).to_contain_text("the learning service")
    expect(page.get_by_role("region", name="Leaderboard, table")).to_be_visible()


def test_a_form_fits_a_predictor_to_a_finished_campaign(page: Page, workspace: Workspace, listed: str) -> None:
    page.goto(f"{listed}/new?campaign={workspace.seeded['campaign']}")
    page.get_by_label("Name").fill("mine")
    page.get_by_label("Foretells").select_option("energy")
    page.get_by_role("checkbox", name=re.compile("^linear")).uncheck()
    page.get_by_role("button", name="Fit").click()
    expect(page.get_by_text("Submitted: the predictor is there when its job is done.")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_contain_text("mine")


def test_a_viewer_sees_everything_and_changes_nothing(page_of: Callable[[str | None], Page], address: str) -> None:
    page = page_of("vera")
    page.goto(address)
    expect(page.get_by_role("region", name="Leaderboard, table")).to_be_visible()
    assert page.get_by_role("button", name="Delete board@1").count() == 0
