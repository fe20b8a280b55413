"""Accelerators in the browser: what they cost and reach, the form that is checked as one types, Verilog."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.frontend.browsing import check_everywhere
from tests.frontend.server import Workspace

GENERATED = """
job = seed.Job.objects.get(name='Verilog of zcu-16x64')
seed.started(job, 'elaborate')
file = seed.JobArtifact(job=job, name='verilog', artifact=seed.keep(b'an archive'), file_name='verilog.zip', media_type='application/zip')
assert seed.attempts.complete(job, {}, [file])
"""


@pytest.fixture
def address(workspace: Workspace) -> str:
    return f"/projects/{workspace.seeded['project']}/accelerators"


@pytest.mark.parametrize("part", ["", "/edge-8x8", "/new"])
def test_each_page_is_accessible_everywhere(page: Page, address: str, part: str) -> None:
    check_everywhere(page, address + part)


def test_the_list_says_what_each_accelerator_is_and_where_its_clock_comes_from(page: Page, address: str) -> None:
    page.goto(address)
    row = page.get_by_role("row", name="pynq-8x32")
    for text in ("8 \u00d7 32", "256", "51.2 GOPS", "100 MHz (assumed)"):
        expect(row).to_contain_text(text)


def test_a_page_shows_costs_with_their_origin_and_what_was_measured(page: Page, address: str) -> None:
    page.goto(f"{address}/edge-8x8")
    expect(page.locator("section", has_text="What it costs").last).to_contain_text("Computed from the parameters")
    expect(page.get_by_role("region", name="On-chip memories")).to_contain_text("activation banks")
    page.get_by_role("link", name="Compare them").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("3 simulations side by side")
    page.go_back()
    page.get_by_role("region", name="Measured on it").get_by_role("link", name="resnet8 v1 on edge-8x8").click()
    expect(page.get_by_role("heading", name="Figures, per inference")).to_be_visible()


def test_parameters_are_checked_as_one_types_and_costs_follow(page: Page, address: str) -> None:
    page.goto(f"{address}/new?like=edge-8x8")
    page.get_by_label("Rows").fill("12")
    expect(page.locator("#wrong-rows")).to_have_text(
        "rows is 12; it must be a power of two from 1 to 64. Likely fix: 8."
    )
    expect(page.get_by_role("alert")).to_contain_text("This makes no accelerator yet")
    page.get_by_label("Rows").fill("16")
    expect(page.locator("#wrong-rows")).to_be_empty()
    multipliers = page.locator(".stat", has_text="Multipliers")
    expect(multipliers).to_contain_text("128")
    page.get_by_label("Clock (MHz)").fill("fast")
    expect(page.locator("#wrong-clock_mhz")).to_contain_text("'fast'")


def test_a_preset_is_duplicated_changed_saved_and_deleted_again(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("link", name="Duplicate zcu-16x64").click()
    page.get_by_label("Name").fill("zcu-slow")
    page.get_by_label("Clock (MHz)").fill("0")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#wrong-clock_mhz")).to_contain_text("Likely fix: 1.")
    page.get_by_label("Clock (MHz)").fill("150")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("zcu-slow")
    expect(page.get_by_text("150 MHz (assumed)")).to_be_visible()
    page.get_by_role("link", name="Change", exact=True).click()
    page.get_by_label("Name").fill("edge-8x8")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#wrong-name")).to_contain_text("there is an accelerator 'edge-8x8' already")
    page.go_back()
    page.go_back()
    page.get_by_role("button", name="Delete this accelerator").click()
    expect(page.get_by_text("zcu-slow is deleted")).to_be_visible()


def test_verilog_is_generated_by_a_job_and_downloaded_from_the_page(
    page: Page, workspace: Workspace, address: str
) -> None:
    page.goto(f"{address}/zcu-16x64")
    page.get_by_role("button", name="Generate Verilog").click()
    expect(page.locator("#verilog")).to_contain_text("waiting for a slot")
    workspace.python(GENERATED)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download Verilog").click()
    assert download.value.suggested_filename == "verilog.zip"


def test_a_viewer_looks_and_changes_nothing(page_of: Callable[[str | None], Page], address: str) -> None:
    page = page_of("vera")
    page.goto(f"{address}/square-16x16")
    expect(page.get_by_text("an editor can")).to_be_visible()
    for name in ("Duplicate", "Change", "Simulate on it"):
        expect(page.get_by_role("link", name=name)).to_have_count(0)
