import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.frontend.browsing import Guard, check_everywhere
from tests.frontend.server import Workspace


@pytest.mark.parametrize("part", ["", "/runs", "/files", "/members", "/activity", "/settings"])
def test_each_part_of_a_project_is_accessible_everywhere(page: Page, workspace: Workspace, part: str) -> None:
    check_everywhere(page, f"/projects/{workspace.seeded['project']}{part}")


def test_a_newcomer_is_told_what_to_do_and_starts_a_project(
    page_of: Callable[[str | None], Page], workspace: Workspace
) -> None:
    page = page_of("nora")
    page.goto("/")
    expect(page.get_by_text("No job of yours yet")).to_be_visible()
    page.get_by_role("link", name="Start a project").click()
    page.get_by_label("Name").fill("Keyword spotting")
    page.get_by_role("button", name="Start it").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Keyword spotting")
    expect(page.get_by_text("No network yet")).to_be_visible()
    page.get_by_role("link", name="Settings").last.click()
    page.get_by_label("Type the project's name").fill("Keyword")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Not deleted")).to_be_visible()
    page.get_by_label("Type the project's name").fill("Keyword spotting")
    page.get_by_role("button", name="Delete").click()
    expect(page).to_have_url(workspace.url + "/")
    expect(page.get_by_text("Keyword spotting was deleted.")).to_be_visible()


def test_an_owner_adds_a_member_changes_the_role_and_removes_again(page: Page, workspace: Workspace) -> None:
    page.goto(f"/projects/{workspace.seeded['project']}/members")
    page.get_by_label("E-mail address").fill("oscar@example.org")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("Oscar Example is a member now.")).to_be_visible()
    page.get_by_label("Role of Oscar Example", exact=True).select_option("viewer")
    page.get_by_role("button", name="Change the role of Oscar Example").click()
    expect(page.get_by_text("Oscar Example is viewer now.")).to_be_visible()
    page.get_by_role("button", name="Remove Oscar Example").click()
    expect(page.get_by_text("oscar@example.org")).to_have_count(0)


def test_the_last_owner_cannot_leave(page: Page, workspace: Workspace) -> None:
    page.goto(f"/projects/{workspace.seeded['project']}/members")
    page.get_by_role("button", name="Leave").click()
    expect(page.get_by_text("A project needs an owner")).to_be_visible()


def test_a_viewer_may_not_change_what_the_project_is_called(
    page_of: Callable[[str | None], Page], workspace: Workspace, guard: Guard
) -> None:
    guard.expect("403")
    answer = page_of("vera").goto(f"/projects/{workspace.seeded['project']}/settings")
    assert answer is not None
    assert answer.status == 403


def test_a_run_leads_to_its_jobs_and_a_file_is_downloaded(page: Page, workspace: Workspace) -> None:
    page.goto(f"/projects/{workspace.seeded['project']}/runs")
    page.get_by_role("link", name="Half of the filters").click()
    expect(page).to_have_url(re.compile("run=run_"))
    expect(page.locator("tbody tr")).to_have_count(4)
    page.goto(f"/projects/{workspace.seeded['project']}/files")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download report.json of resnet8 v1 on edge-8x8").click()
    assert '"bit_exact": true' in download.value.path().read_text()


DROPPED = """name => {
  const data = new DataTransfer();
  data.items.add(new File(['no network'], name));
  return data;
}"""


def test_a_network_that_is_dropped_on_the_start_page_is_taken_there(
    page: Page, workspace: Workspace, guard: Guard
) -> None:
    guard.expect("503")  # there is no hardware service here; `test_journey` has one
    page.goto("/")
    with page.expect_request(lambda request: request.method == "POST") as sent:
        page.dispatch_event("main", "drop", {"dataTransfer": page.evaluate_handle(DROPPED, "tiny net.onnx")})
    assert f"/api/v1/projects/{workspace.seeded['project']}/networks?name=tiny+net" in sent.value.url
    expect(page.get_by_role("alert")).to_contain_text("Try again later")


def test_data_is_uploaded_beside_the_files(page: Page, workspace: Workspace, guard: Guard) -> None:
    guard.expect("503")
    page.goto(f"/projects/{workspace.seeded['project']}/files")
    with page.expect_request(lambda request: request.method == "POST") as sent:
        page.locator("[data-file]").set_input_files({"name": "images.npz", "mimeType": "", "buffer": b"no data"})
    assert sent.value.url.endswith(f"/api/v1/projects/{workspace.seeded['project']}/data?name=images")
    expect(page.get_by_role("alert")).to_contain_text("Try again later")
