"""Sweeps in the browser: their runs as they go on, the front so far, what they say together at the end."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.frontend.browsing import Guard, check_everywhere
from tests.frontend.server import Workspace


@pytest.fixture
def vera(page_of: Callable[[str | None], Page]) -> Page:
    """The browser of whoever ordered the sweeps."""
    return page_of("vera")


def test_a_sweep_is_accessible_everywhere_running_and_done(vera: Page, workspace: Workspace) -> None:
    for path in (f"/sweeps/{workspace.job('sweep')}", f"/sweeps/{workspace.job('sweep-running')}"):
        check_everywhere(vera, path)
    check_everywhere(vera, f"/projects/{workspace.seeded['swept']}/pareto")


def test_a_completed_sweep_shows_spreads_hypervolumes_front_and_files(vera: Page, workspace: Workspace) -> None:
    vera.goto(f"/projects/{workspace.seeded['swept']}/pareto")
    vera.get_by_role("region", name="Sweeps").get_by_role("link", name="halves and quarters").click()
    cells = vera.get_by_role("region", name="By method and budget")
    expect(cells.locator("tbody tr")).to_have_count(5)
    expect(cells.get_by_role("row", name=re.compile("^priced-gates 0.06 ms"))).to_contain_text("kept")
    volumes = vera.get_by_role("region", name="Hypervolume by method")
    expect(volumes.get_by_role("rowheader")).to_have_count(2)
    files = vera.get_by_role("region", name="Downloads")
    for name in ("summary", "page", "networks"):
        expect(files.get_by_role("link", name=f"Download {name}", exact=True)).to_be_visible()
    vera.locator("#plot-pareto").scroll_into_view_if_needed()
    expect(vera.locator("#plot-pareto svg.main-svg").first).to_be_visible()
    expect(vera.get_by_role("region", name="Runs", exact=True).get_by_text("completed")).to_have_count(5)


def test_runs_of_a_sweep_end_before_ones_eyes(vera: Page, workspace: Workspace) -> None:
    job = workspace.job("sweep-running")
    vera.goto("/jobs")
    vera.get_by_role("link", name="still sweeping").click()
    assert f"/sweeps/{job}" in vera.url
    expect(vera.locator("#runs-count")).to_have_text("2 of 5 done")
    expect(vera.get_by_role("region", name="Runs", exact=True).get_by_text("queued").first).to_be_visible()
    expect(vera.locator("[data-connection]")).to_have_text("live")
    expect(vera.locator("#plot-pareto svg.main-svg").first).to_be_visible()
    workspace.python(f"seed.tell_on({job!r}, 'sweep')")
    expect(vera.locator("#runs-count")).to_have_text("5 of 5 done", timeout=15_000)
    expect(vera.locator("#plot-pareto-text")).to_contain_text("5 of 5 runs are done")


def test_strangers_see_no_sweep(page_of: Callable[[str | None], Page], workspace: Workspace, guard: Guard) -> None:
    guard.expect("404")
    answer = page_of("nora").goto(f"/sweeps/{workspace.job('sweep')}")
    assert answer is not None
    assert answer.status == 404
