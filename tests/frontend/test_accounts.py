import re

import pytest
from playwright.sync_api import Page, expect

from tests.frontend.browsing import check_everywhere
from tests.frontend.server import Workspace


@pytest.mark.parametrize("path", ["/sign-in", "/sign-up", "/forgotten-password", "/reset/user_x/none", "/confirm/none"])
def test_each_page_is_accessible_everywhere(stranger_page: Page, path: str) -> None:
    check_everywhere(stranger_page, path)


def test_a_newcomer_signs_up_and_signs_out_again(stranger_page: Page, workspace: Workspace) -> None:
    page = stranger_page
    page.goto("/sign-in")
    page.get_by_role("link", name="Sign up").click()
    page.get_by_label("E-mail address").fill("newcomer@example.org")
    page.get_by_label("Name").fill("New Comer")
    page.get_by_label("Password").fill("a password of my own")
    page.get_by_role("button", name="Open an account").click()
    expect(page).to_have_url(workspace.url + "/")
    expect(page.get_by_text("Welcome.")).to_be_visible()
    page.get_by_text("New Comer").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/sign-in"))
    page.goto("/projects")
    expect(page).to_have_url(re.compile("/sign-in"))


def test_what_is_wrong_stands_at_its_field(stranger_page: Page) -> None:
    page = stranger_page
    page.goto("/sign-up")
    page.get_by_label("E-mail address").fill("ada@example.org")
    page.get_by_label("Password").fill("1234567890")
    page.get_by_role("button", name="Open an account").click()
    field = page.get_by_label("Password")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#wrong-password")).to_contain_text("too common")


def test_a_wrong_password_does_not_say_whether_there_is_an_account(stranger_page: Page) -> None:
    page = stranger_page
    said = []
    for email in ("ada@example.org", "nobody@example.org"):
        page.goto("/sign-in")
        page.get_by_label("E-mail address").fill(email)
        page.get_by_label("Password").fill("not the password")
        page.get_by_role("button", name="Sign in").click()
        said.append(page.get_by_role("alert").inner_text())
    assert said[0] == said[1]


def test_signing_in_never_leads_to_another_site(stranger_page: Page, workspace: Workspace) -> None:
    page = stranger_page
    page.goto("/sign-in?next=https://elsewhere.example/")
    page.get_by_label("E-mail address").fill("vera@example.org")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(workspace.url + "/")


def test_a_forgotten_password_is_replaced_by_the_link_of_the_mail(stranger_page: Page, workspace: Workspace) -> None:
    page = stranger_page
    link = workspace.python(
        "from backend.accounts import links\n"
        "user = seed.User.objects.create_user('forgetful@example.org', 'an old password')\n"
        "print(links.reset_link(user))"
    )
    page.goto("/forgotten-password")
    page.get_by_label("E-mail address").fill("forgetful@example.org")
    page.get_by_role("button", name="Send a link").click()
    expect(page.get_by_text("a link is on its way")).to_be_visible()
    page.goto(link)
    page.get_by_label("New password").fill("a completely new one")
    page.get_by_role("button", name="Set the password").click()
    page.get_by_label("E-mail address").fill("forgetful@example.org")
    page.get_by_label("Password").fill("a completely new one")
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(workspace.url + "/")
    page.goto(link)
    page.get_by_label("New password").fill("yet another password")
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("alert")).to_contain_text("The link is not valid")
