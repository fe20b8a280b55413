"""A simulation's report in the browser: figures with origins, plots that are drawn, and why."""

import pytest
from playwright.sync_api import Page, expect

from tests.frontend.browsing import Guard, check_everywhere
from tests.frontend.server import Workspace

PLOTS = ("plot-cycles", "plot-timeline", "plot-roofline", "plot-energy", "plot-memory")


@pytest.fixture
def report(workspace: Workspace) -> str:
    return f"/jobs/{workspace.job('simulated-1-pynq-8x32')}/report"


def test_the_report_is_accessible_everywhere(page: Page, report: str) -> None:
    check_everywhere(page, report)


@pytest.mark.parametrize("plot", PLOTS)
def test_every_plot_is_drawn_with_a_summary_and_the_table_behind_it(page: Page, report: str, plot: str) -> None:
    page.goto(report)
    page.locator(f"#{plot}").scroll_into_view_if_needed()  # plots are drawn when they come into view
    expect(page.locator(f"#{plot} svg.main-svg").first).to_be_visible()
    assert page.locator(f"#{plot} .plot-container path, #{plot} .plot-container .point").count() > 3
    assert len(page.locator(f"#{plot}-text").inner_text()) > 40
    figure = page.locator("figure", has=page.locator(f"#{plot}"))
    figure.get_by_text("Table behind the plot").click()
    assert figure.locator("tbody tr").count() >= 5


def test_figures_say_unit_and_origin(page: Page, report: str) -> None:
    page.goto(report)
    cycles = page.locator(".stat", has=page.get_by_text("Cycles", exact=True))
    expect(cycles).to_contain_text("49")
    expect(cycles).to_contain_text("measured on RTL")
    expect(page.locator(".badge", has_text="bit-exact")).to_be_visible()


def test_why_names_layers_and_changes_with_what_they_save(page: Page, report: str) -> None:
    page.goto(report)
    why = page.locator("section.why")
    expect(why.locator("li").first).to_contain_text("cycles")
    expect(why).to_contain_text("of all")


def test_plots_follow_the_theme(page: Page, report: str) -> None:
    page.goto(report)
    page.locator("#plot-roofline").scroll_into_view_if_needed()
    text = page.locator("#plot-roofline .xtitle").first
    expect(text).to_be_visible()
    before = text.evaluate("node => getComputedStyle(node).fill")
    page.emulate_media(color_scheme="dark")
    expect(text).not_to_have_css("fill", before)


def test_a_job_without_a_report_says_so(page: Page, workspace: Workspace, guard: Guard) -> None:
    guard.expect("409")
    page.goto(f"/jobs/{workspace.job('running')}/report")
    expect(page.get_by_role("alert").first).to_contain_text("report comes with its end")
