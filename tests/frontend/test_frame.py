from collections.abc import Callable

import httpx
from playwright.sync_api import Page, expect

from tests.frontend.browsing import Guard, check_everywhere
from tests.frontend.server import Workspace


def test_the_start_page_is_accessible_in_both_themes_and_on_a_phone(page: Page) -> None:
    check_everywhere(page, "/")


def test_a_chosen_theme_stays(page: Page) -> None:
    page.goto("/")
    page.get_by_text("Ada Example").click()
    page.get_by_label("Theme").select_option("dark")
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    expect(page.get_by_label("Theme")).to_have_value("dark")


def test_nothing_but_the_workspaces_own_files_may_run(workspace: Workspace) -> None:
    policy = httpx.get(workspace.url + "/sign-in").headers["Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["script-src"] == "'self'"
    assert rules["default-src"] == "'none'"
    assert "unsafe" not in policy


def test_whoever_has_not_signed_in_is_sent_to_do_so_and_comes_back(stranger_page: Page, workspace: Workspace) -> None:
    path = f"/projects/{workspace.seeded['project']}"
    stranger_page.goto(path)
    expect(stranger_page).to_have_title("Sign in · ProPruNN")
    stranger_page.get_by_label("E-mail address").fill("ada@example.org")
    stranger_page.get_by_label("Password").fill("correct horse battery")
    stranger_page.get_by_role("button", name="Sign in").click()
    expect(stranger_page).to_have_url(workspace.url + path)


def test_a_project_of_others_is_not_there(
    page_of: Callable[[str | None], Page], workspace: Workspace, guard: Guard
) -> None:
    guard.expect("404")
    page = page_of("nora")
    answer = page.goto(f"/projects/{workspace.seeded['project']}")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading", level=1)).to_contain_text("nothing here")


def test_the_api_can_be_read_and_tried_under_the_same_policy(page: Page) -> None:
    page.goto("/api")
    page.locator("#operations-tag-me").get_by_role("button").click()
    page.locator("#operations-me-get_me").get_by_role("button").first.click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator("#operations-me-get_me .live-responses-table")).to_contain_text("ada@example.org")


def test_the_keyboard_reaches_the_content_first(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_escape_closes_a_menu_and_gives_the_focus_back(page: Page) -> None:
    page.goto("/")
    summary = page.locator("header summary").last
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(summary).to_be_focused()


def test_the_menu_opens_on_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 700})
    page.goto("/")
    expect(page.get_by_role("navigation", name="Main")).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
