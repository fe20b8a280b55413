"""What operators see and do, and that nobody else finds it."""

from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.frontend.browsing import Guard, check_everywhere
from tests.frontend.server import Workspace


@pytest.fixture
def oscar(page_of: Callable[[str | None], Page]) -> Page:
    """The operator's browser."""
    return page_of("oscar")


@pytest.mark.parametrize("name", ["users", "workers", "health", "settings", "activity"])
def test_each_page_is_accessible_everywhere(oscar: Page, name: str) -> None:
    check_everywhere(oscar, f"/administration/{name}")


def test_an_accounts_page_is_accessible_everywhere(oscar: Page, workspace: Workspace) -> None:
    check_everywhere(oscar, f"/administration/users/{workspace.seeded['users']['nora']}")


def test_for_all_others_administration_does_not_exist(page: Page, guard: Guard) -> None:
    guard.expect("404")
    answer = page.goto("/administration/users")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("link", name="Administration")).to_have_count(0)


def test_users_are_found_by_a_part_of_their_name(oscar: Page) -> None:
    oscar.goto("/")
    oscar.get_by_role("link", name="Administration").click()
    oscar.get_by_label("Address or name").fill("VERA")
    oscar.get_by_role("button", name="Find").click()
    expect(oscar.locator("tbody tr")).to_have_count(1)
    expect(oscar.locator("tbody")).to_contain_text("vera@example.org")
    oscar.get_by_label("Address or name").fill("nobody at all")
    oscar.get_by_role("button", name="Find").click()
    expect(oscar.get_by_text("No user fits")).to_be_visible()


def test_somebody_is_invited_by_a_link_that_lets_her_choose_a_password(
    oscar: Page, stranger_page: Page, workspace: Workspace
) -> None:
    oscar.goto("/administration/users")
    oscar.get_by_label("E-mail address").fill("grace@example.org")
    oscar.get_by_role("button", name="Invite").click()
    link = oscar.locator("#link-text").inner_text()
    assert link.startswith(workspace.url)
    stranger_page.goto(link)
    stranger_page.get_by_label("New password").fill("correct horse battery")
    stranger_page.get_by_role("button", name="Set the password").click()
    stranger_page.get_by_label("E-mail address").fill("grace@example.org")
    stranger_page.get_by_label("Password").fill("correct horse battery")
    stranger_page.get_by_role("button", name="Sign in").click()
    expect(stranger_page.get_by_text("grace@example.org").first).to_be_visible()
    oscar.get_by_label("E-mail address").fill("grace@example.org")
    oscar.get_by_role("button", name="Invite").click()
    expect(oscar.locator("#wrong-email")).to_contain_text("There is an account with the address")


def test_quotas_are_set_and_taken_back_and_a_wrong_one_is_named(oscar: Page, workspace: Workspace) -> None:
    oscar.goto(f"/administration/users/{workspace.seeded['users']['nora']}")
    oscar.get_by_label("Jobs that run at a time").fill("2")
    oscar.get_by_label("Storage (GB)").fill("1.5")
    oscar.get_by_role("button", name="Save").click()
    expect(oscar.get_by_text("Saved.")).to_be_visible()
    expect(oscar.get_by_text("of 1.5")).to_be_visible()
    weight = oscar.get_by_label("Weight in the queue")
    weight.evaluate("field => { field.removeAttribute('max'); field.value = 5000; }")
    oscar.get_by_role("button", name="Save").click()
    expect(oscar.locator("#wrong-weight")).to_contain_text("less than or equal to 1000")
    expect(oscar.get_by_label("Jobs that run at a time")).to_have_value("2")
    weight.fill("1")
    for label in ("Jobs that run at a time", "Storage (GB)"):
        oscar.get_by_label(label).fill("")
    oscar.get_by_role("button", name="Save").click()
    expect(oscar.get_by_label("Storage (GB)")).to_have_value("")


def test_a_form_that_shows_an_older_state_changes_nothing(oscar: Page, workspace: Workspace) -> None:
    user = workspace.seeded["users"]["vera"]
    oscar.goto(f"/administration/users/{user}")
    workspace.python(f"seed.User.objects.filter(pk='{user}').update(version=seed.F('version') + 1)")
    oscar.get_by_label("Weight in the queue").fill("7")
    oscar.get_by_role("button", name="Save").click()
    expect(oscar.get_by_role("alert")).to_contain_text("changed the account meanwhile")
    assert workspace.python(f"print(seed.User.objects.get(pk='{user}').weight)") == "1.0"


def test_whoever_is_locked_may_not_sign_in_until_unlocked(
    oscar: Page, page_of: Callable[[str | None], Page], workspace: Workspace
) -> None:
    oscar.goto(f"/administration/users/{workspace.seeded['users']['vera']}")
    oscar.get_by_role("button", name="Lock", exact=True).click()
    expect(oscar.get_by_text("is locked: sessions and tokens do not work.")).to_be_visible()
    vera = page_of("vera")
    vera.goto("/projects")
    expect(vera).to_have_title("Sign in · ProPruNN")
    oscar.get_by_role("button", name="Unlock").click()
    vera.goto("/projects")
    expect(vera).to_have_title("Projects · ProPruNN")


def test_the_only_operator_stays_one(oscar: Page, workspace: Workspace) -> None:
    oscar.goto(f"/administration/users/{workspace.seeded['users']['oscar']}")
    oscar.get_by_role("button", name="Make no operator").click()
    expect(oscar.get_by_text("This is the only operator")).to_be_visible()


def test_an_account_is_closed_only_by_its_address(oscar: Page, workspace: Workspace) -> None:
    made = workspace.python("print(seed.User.objects.create_user('gone@example.org', seed.PASSWORD).pk)")
    oscar.goto(f"/administration/users/{made}")
    oscar.get_by_label("Type the address to confirm").fill("somebody@example.org")
    oscar.get_by_role("button", name="Close the account").click()
    expect(oscar.locator("#wrong-confirm")).to_contain_text("type gone@example.org")
    oscar.get_by_label("Type the address to confirm").fill("gone@example.org")
    oscar.get_by_role("button", name="Close the account").click()
    expect(oscar.get_by_text("gone@example.org is closed.")).to_be_visible()


def test_health_names_what_does_not_work(oscar: Page) -> None:
    oscar.goto("/administration/health")
    parts = oscar.get_by_role("region", name="Parts of the installation")
    expect(parts.get_by_role("row", name="Database")).to_contain_text("works")
    expect(parts.get_by_role("row", name="Hardware service")).to_contain_text("wrong")
    expect(oscar.get_by_text("parts do not work as they should")).to_be_visible()


def test_a_hardware_service_that_is_away_is_told_with_what_would_help(oscar: Page) -> None:
    oscar.goto("/administration/workers")
    expect(oscar.get_by_role("alert").first).to_contain_text("PROPRUNN_BACKEND_HWSERVICE_URL")
    expect(oscar.get_by_role("region", name="Jobs")).to_contain_text("Waiting")


def test_settings_hide_secrets(oscar: Page) -> None:
    oscar.goto("/administration/settings")
    expect(oscar.get_by_role("row", name="PROPRUNN_BACKEND_SECRET_KEY")).to_contain_text("(hidden)")
    expect(oscar.get_by_role("row", name="PROPRUNN_BACKEND_SIGNUP")).to_contain_text("yes set")
    assert "only-for-development" not in oscar.content()


def test_activity_of_all_projects_is_told(oscar: Page) -> None:
    oscar.goto("/administration/activity")
    expect(oscar.get_by_role("region", name="Activity")).to_contain_text("started the project")
    expect(oscar.get_by_role("region", name="Activity").get_by_role("link", name="Edge vision").first).to_be_visible()


def test_addresses_outside_are_told_nothing(workspace: Workspace) -> None:
    answer = httpx.get(workspace.url + "/administration/users")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/sign-in")
