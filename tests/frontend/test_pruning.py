"""Training sessions in the browser: what came of them, their course, the shape at every decision, trade-offs, lineage."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.frontend.browsing import Guard, check_everywhere
from tests.frontend.server import Workspace

PLOTS = ("latency_ms", "energy_mj", "loss", "accuracy", "multiplier", "kept")


@pytest.fixture
def session(workspace: Workspace) -> str:
    return f"/sessions/{workspace.job('gates-quarter')}"


@pytest.fixture
def pareto(workspace: Workspace) -> str:
    return f"/projects/{workspace.seeded['project']}/pareto"


def test_all_pages_are_accessible_everywhere(page: Page, workspace: Workspace, session: str, pareto: str) -> None:
    compared = f"{pareto}/compare?jobs={workspace.job('dense')},{workspace.job('gates-quarter')}"
    listed = f"/projects/{workspace.seeded['project']}/prune"
    empty = f"/projects/{workspace.seeded['sample']}"
    for path in (listed, session, pareto, compared, f"{empty}/prune", f"{empty}/pareto"):
        check_everywhere(page, path)


def test_the_list_shows_budget_and_what_was_measured(page: Page, workspace: Workspace) -> None:
    page.goto(f"/projects/{workspace.seeded['project']}/prune")
    row = page.locator("tbody tr", has=page.get_by_role("link", name="gates-quarter"))
    expect(row).to_contain_text("0.03 ms")
    expect(row).to_contain_text(re.compile(r"0\.0[23]\d+"))
    row.get_by_role("link", name="gates-quarter").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("gates-quarter")


def test_predicted_stands_against_measured_and_dense_and_baselines_beside(page: Page, session: str) -> None:
    page.goto(session)
    costs = page.get_by_role("region", name="Predicted against measured")
    expect(costs.get_by_role("row", name=re.compile("^Latency"))).to_contain_text("%")
    others = page.get_by_role("region", name="Sessions beside it")
    expect(others.get_by_role("row")).to_have_count(6)
    for method in ("dense", "uniform-aligned"):
        expect(others.get_by_role("link", name=method).first).to_be_visible()
    expect(page.get_by_text("accuracy, dense", exact=False).first).to_be_visible()
    expect(page.get_by_text(re.compile("CodeCarbon .* g CO2 per kWh"))).to_be_visible()


@pytest.mark.parametrize("plot", PLOTS)
def test_every_plot_is_drawn_with_a_summary_and_the_table_behind_it(page: Page, session: str, plot: str) -> None:
    page.goto(session)
    page.locator(f"#plot-{plot}").scroll_into_view_if_needed()
    expect(page.locator(f"#plot-{plot} svg.main-svg").first).to_be_visible()
    assert len(page.locator(f"#plot-{plot}-text").inner_text()) > 40
    figure = page.locator("figure", has=page.locator(f"#plot-{plot}"))
    figure.get_by_text("Table behind the plot").click()
    assert figure.locator("tbody tr").count() >= 3


def test_one_looks_back_at_the_shape_with_the_keyboard(page: Page, session: str) -> None:
    page.goto(session)
    slider = page.get_by_label("Decision")
    bars = page.get_by_role("region", name="Layers", exact=True)
    last, when = bars.inner_text(), page.locator("#shape-when").inner_text()
    slider.focus()
    page.keyboard.press("Home")
    expect(page.locator("#shape-when")).not_to_have_text(when)
    assert bars.inner_text() != last
    page.keyboard.press("End")
    expect(page.locator("#shape-when")).to_have_text(when)
    assert bars.inner_text() == last


def test_the_shape_plays_from_the_beginning_to_the_end(page: Page, session: str) -> None:
    page.goto(session)
    last = page.get_by_role("region", name="Layers", exact=True).inner_text()
    button = page.get_by_role("button", name="Play")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(button).to_have_attribute("aria-pressed", "false", timeout=60_000)
    assert page.get_by_role("region", name="Layers", exact=True).inner_text() == last


def test_what_a_running_session_tells_is_drawn_without_a_reload(page: Page, workspace: Workspace) -> None:
    job = workspace.job("session-running")
    page.goto(f"/sessions/{job}")
    expect(page.locator("[data-connection]")).to_have_text("live")
    before = page.locator("#shape-when").inner_text()
    workspace.python(f"seed.tell_on({job!r})")
    expect(page.locator("#shape-when")).not_to_have_text(before, timeout=15_000)


def test_methods_have_fronts_and_hypervolumes(page: Page, pareto: str) -> None:
    page.goto(pareto)
    expect(page.locator("#plot-pareto svg.main-svg").first).to_be_visible()
    volumes = page.get_by_role("region", name="Hypervolume by method")
    for method in ("priced-gates", "uniform-aligned", "dense"):
        expect(volumes.get_by_role("rowheader", name=method)).to_be_visible()


def test_filters_choose_and_stay_in_the_address(page: Page, pareto: str) -> None:
    page.goto(pareto)
    page.get_by_role("combobox", name="Method").select_option("uniform-aligned")
    sessions = page.get_by_role("region", name="Sessions", exact=True)
    expect(sessions.get_by_role("row")).to_have_count(3)
    assert "method=uniform-aligned" in page.url
    page.get_by_role("combobox", name="Cost").select_option("energy")
    expect(sessions.get_by_role("columnheader", name="Energy (mJ)")).to_be_visible()


def test_a_frame_drawn_around_points_marks_their_sessions_for_comparison(page: Page, pareto: str) -> None:
    page.goto(pareto)
    plot = page.locator("#plot-pareto .nsewdrag").first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 2, box["y"] + 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + box["height"] - 2, steps=8)
    page.mouse.up()
    expect(page.locator("[data-marked]")).to_have_text("5 marked")
    page.get_by_role("button", name="Compare marked").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("5 sessions side by side")
    expect(page.get_by_role("region", name="Layers side by side").get_by_role("img").first).to_be_visible()


def test_table_and_picture_are_downloaded(page: Page, pareto: str) -> None:
    page.goto(pareto)
    with page.expect_download() as table:
        page.get_by_role("link", name="Download CSV").click()
    lines = table.value.path().read_text().splitlines()
    assert lines[0].startswith("job,network,data,accelerator,method,seed,epochs,budget,accuracy_int8")
    assert len(lines) == 6
    expect(page.locator("#plot-pareto svg.main-svg").first).to_be_visible()
    with page.expect_download() as picture:
        page.get_by_role("button", name="Download PNG").click()
    assert picture.value.path().read_bytes().startswith(b"\x89PNG")


def test_a_network_shows_what_was_made_of_it_and_what_changed(page: Page, workspace: Workspace) -> None:
    page.goto(f"/networks/{workspace.seeded['trained']}")
    lineage = page.get_by_role("region", name="Lineage")
    pruned = lineage.get_by_role("row", name=re.compile("pruned"))
    expect(pruned.get_by_role("link", name="priced-gates, seed 0")).to_be_visible()
    pruned.get_by_role("link", name=re.compile("^What changed")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Two structures")
    rows = page.get_by_role("region", name="Layers side by side").locator("tbody tr")
    assert any("%" in text and "100" not in text for text in rows.locator("td:nth-child(7)").all_inner_texts())


def test_strangers_see_no_session(page_of: Callable[[str | None], Page], session: str, guard: Guard) -> None:
    guard.expect("404")
    answer = page_of("nora").goto(session)
    assert answer is not None
    assert answer.status == 404
