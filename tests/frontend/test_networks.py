"""Networks in the browser: the graph, what layers should cost, versions, differences, uploads."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from frontend.networks.layout import drawn
from tests.frontend.browsing import Guard, check_everywhere
from tests.frontend.server import Workspace


def layer(name: str, inputs: list[str], adds: list[str]) -> dict[str, object]:
    return {
        "name": name,
        "operator": "conv",
        "inputs": inputs,
        "adds": adds,
        "kernel": [3, 3],
        "stride": [1, 1],
        "channels": 8,
    }


def test_branches_stand_side_by_side_and_edges_pass_beside_layers() -> None:
    found = drawn([layer("a", ["x"], []), layer("b", ["a"], []), layer("c", ["b"], ["a"])], "x", "3 x 8 x 8")
    assert [node.y for node in found.nodes] == sorted({node.y for node in found.nodes})
    assert {node.x for node in found.nodes} == {found.nodes[0].x}
    skip = next(edge for edge in found.edges if edge.kind == "adds")
    beside = found.nodes[0].x + 222
    assert f"L{beside + 95:g} " in skip.path
    assert found.width > beside


@pytest.fixture
def network(workspace: Workspace) -> str:
    return f"/networks/{workspace.seeded['network']}"


def test_pages_are_accessible_everywhere(page: Page, workspace: Workspace, network: str) -> None:
    check_everywhere(page, f"/projects/{workspace.seeded['project']}/networks")
    check_everywhere(page, f"/projects/{workspace.seeded['project']}/networks/new")
    check_everywhere(page, network)
    first, second = workspace.seeded["versions"]
    check_everywhere(page, f"/networks/diff?a={first}&b={second}")


def test_layers_say_what_they_should_cost_and_choosing_one_in_the_graph_marks_it(page: Page, network: str) -> None:
    page.goto(network)
    stem = page.locator("[data-layer='1']")
    expect(stem).to_contain_text("stem")
    expect(stem).to_contain_text(re.compile("1.948"))
    expect(page.locator("#layers")).to_contain_text("expert estimate, table fpga-board")
    page.locator("[data-node='1']").press("Enter")
    expect(stem).to_have_class(re.compile("chosen"))
    expect(page.locator("[data-node-facts]")).to_contain_text("442")


def test_an_estimate_that_is_not_there_is_asked_for_by_itself(page: Page, network: str) -> None:
    page.goto(f"{network}?accelerator=zcu-16x64")
    expect(page.locator("#layers")).to_contain_text("waiting for a slot")


def test_a_difference_shows_what_each_layer_kept(page: Page, workspace: Workspace) -> None:
    first, second = workspace.seeded["versions"]
    page.goto(f"/networks/diff?a={first}&b={second}")
    row = page.locator("tr", has=page.get_by_role("rowheader", name="stage1.0.conv1"))
    expect(row).to_contain_text("50")


def test_what_cannot_be_taken_is_explained_where_it_was_dropped(page: Page, workspace: Workspace, guard: Guard) -> None:
    guard.expect("503")
    page.goto(f"/projects/{workspace.seeded['project']}/networks/new")
    page.locator("[data-file]").set_input_files({"name": "net.onnx", "mimeType": "", "buffer": b"no network"})
    expect(page.get_by_role("alert")).to_contain_text("again")


def test_a_network_is_renamed_and_one_that_jobs_need_is_kept(page: Page, network: str) -> None:
    page.goto(network)
    page.get_by_text("Rename, describe, delete").click()
    page.get_by_label("Description").fill("for cameras")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("for cameras").first).to_be_visible()
    page.get_by_text("Rename, describe, delete").click()
    page.get_by_role("button", name="Delete this network").click()
    expect(page.get_by_role("alert")).to_contain_text("Jobs refer to the network")


def test_a_viewer_looks_and_changes_nothing(page_of: Callable[[str], Page], network: str) -> None:
    page = page_of("vera")
    page.goto(network)
    expect(page.get_by_role("button", name="Simulate on RTL")).to_have_count(0)
    expect(page.get_by_text("Rename, describe, delete")).to_have_count(0)
