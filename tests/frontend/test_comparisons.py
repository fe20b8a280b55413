"""Simulations side by side in the browser: choosing them, ratios to a baseline, plots with their tables, CSV."""

import csv

import pytest
from playwright.sync_api import Page, expect

from tests.frontend.browsing import Guard, check_everywhere
from tests.frontend.server import Workspace

PLOTS = ("plot-front", "plot-runs", "plot-layers")


@pytest.fixture
def address(workspace: Workspace) -> str:
    return f"/projects/{workspace.seeded['project']}/compare"


@pytest.fixture
def four(workspace: Workspace, address: str) -> str:
    """All of the seeded run."""
    return f"{address}?run={workspace.job('run')}"


def test_choosing_and_comparing_are_accessible_everywhere(page: Page, address: str, four: str) -> None:
    check_everywhere(page, address)
    check_everywhere(page, four)


def test_marked_simulations_are_compared_under_an_address_that_names_them(
    page: Page, workspace: Workspace, address: str
) -> None:
    page.goto(address)
    page.get_by_role("checkbox", name="Mark resnet8 v1 on edge-8x8").check()
    page.get_by_role("checkbox", name="Mark resnet8 v2 on edge-8x8").check()
    page.get_by_role("button", name="Compare marked").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("2 simulations side by side")
    for name in ("simulated-1-edge-8x8", "simulated-2-edge-8x8"):
        assert workspace.job(name) in page.url


def test_jobs_marked_in_the_list_of_jobs_are_compared_and_those_without_a_report_named(page: Page) -> None:
    page.goto("/jobs")
    for name in ("a long one", "resnet8 v1 on edge-8x8"):
        page.get_by_role("checkbox", name=f"Mark {name}").check()
    page.get_by_role("button", name="Compare marked").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("1 simulation side by side")
    expect(page.get_by_text("Left out, as they have no report")).to_contain_text("a long one (running)")


def test_ratios_are_to_the_baseline_that_one_chooses(page: Page, four: str) -> None:
    page.goto(four)
    row = page.locator("tbody tr", has=page.get_by_role("rowheader", name="resnet8 v1 on edge-8x8")).first
    expect(row).to_contain_text("baseline")
    page.get_by_role("button", name="Make resnet8 v1 on pynq-8x32 the baseline").click()
    expect(page.get_by_text("Ratios are to the baseline, resnet8 v1 on pynq-8x32")).to_be_visible()
    cells = row.locator("td.n")
    values = [float(cells.nth(0).get_attribute("data-value") or 0)]
    other = page.locator("tr.baseline td.n").nth(0).get_attribute("data-value")
    expect(cells.nth(0)).to_contain_text(f"\u00d7 {values[0] / float(other or 1):.3g}")
    page.get_by_role("button", name="Remove resnet8 v2 on pynq-8x32").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("3 simulations side by side")
    expect(page.locator("tr.baseline")).to_contain_text("pynq-8x32")


def test_a_column_sorts_the_table(page: Page, four: str) -> None:
    page.goto(four)
    table = page.get_by_role("region", name="Figures")
    table.get_by_role("button", name="Energy").click()
    values = table.locator("tbody tr td:nth-child(4)").evaluate_all("cells => cells.map((cell) => +cell.dataset.value)")
    assert values == sorted(values, reverse=True)


@pytest.mark.parametrize("plot", PLOTS)
def test_every_plot_is_drawn_with_a_summary_and_the_table_behind_it(page: Page, four: str, plot: str) -> None:
    page.goto(four)
    page.locator(f"#{plot}").scroll_into_view_if_needed()  # plots are drawn when they come into view
    expect(page.locator(f"#{plot} svg.main-svg").first).to_be_visible()
    assert page.locator(f"#{plot} .plot-container .point").count() >= 4
    assert len(page.locator(f"#{plot}-text").inner_text()) > 40
    figure = page.locator("figure", has=page.locator(f"#{plot}"))
    figure.get_by_text("Table behind the plot").click()
    assert figure.locator("tbody tr").count() >= 4


def test_cycles_become_time_at_each_accelerators_clock(page: Page, four: str) -> None:
    page.goto(four)
    page.get_by_role("button", name="Milliseconds").click()
    page.locator("#plot-runs").scroll_into_view_if_needed()
    expect(page.locator("#plot-runs .x2title, #plot-runs .xtitle").first).to_contain_text("ms at each")


def test_the_table_is_downloaded_with_units_and_origins(page: Page, four: str) -> None:
    page.goto(four)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download CSV").click()
    rows = list(csv.DictReader(download.value.path().read_text().splitlines()))
    assert len(rows) == 4
    assert rows[0]["cycles.ratio"] == "1.0"
    assert (rows[1]["latency_ms.unit"], rows[1]["cycles.origin"]) == ("ms", "measured on RTL")


def test_what_one_may_not_see_is_not_compared(page: Page, address: str, guard: Guard) -> None:
    guard.expect("404")
    page.goto(f"{address}?jobs=job_of_somebody_else")
    expect(page.get_by_role("alert")).to_contain_text("There is no job")
