import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.frontend.browsing import check_everywhere
from tests.frontend.server import Workspace


@pytest.mark.parametrize("path", ["/settings/profile", "/settings/tokens"])
def test_each_page_is_accessible_everywhere(page: Page, path: str) -> None:
    check_everywhere(page, path)


def test_a_token_is_shown_once_works_and_is_revoked(page: Page, workspace: Workspace) -> None:
    page.goto("/settings/tokens")
    page.get_by_label("What for").fill("overnight")
    page.get_by_role("checkbox", name="run").check()
    page.get_by_role("button", name="Issue").click()
    text = page.locator("#token-text").inner_text()
    bearer = {"Authorization": f"Bearer {text}"}
    assert httpx.get(workspace.url + "/api/v1/me", headers=bearer).json()["email"] == "ada@example.org"
    page.goto("/settings/tokens")
    expect(page.get_by_text(text)).to_have_count(0)
    page.get_by_role("button", name="Revoke overnight").click()
    expect(page.get_by_text("overnight no longer works.")).to_be_visible()
    assert httpx.get(workspace.url + "/api/v1/me", headers=bearer).status_code == 401


def test_a_wrong_network_address_is_named_at_its_field(page: Page) -> None:
    page.goto("/settings/tokens")
    page.get_by_label("What for").fill("elsewhere")
    page.get_by_label("Only from").fill("somewhere")
    page.get_by_role("button", name="Issue").click()
    expect(page.locator("#wrong-addresses")).to_contain_text("'somewhere' is no network")


def test_a_name_is_changed_and_a_wrong_password_refused_beside_its_form(page: Page) -> None:
    page.goto("/settings/profile")
    page.get_by_role("textbox", name="Name").fill("Ada Example")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.get_by_label("Present password").fill("not mine at all")
    page.get_by_label("New password").fill("a new and better one")
    page.get_by_role("button", name="Change the password").click()
    expect(page.locator("#wrong-password")).to_contain_text("The password is wrong")
