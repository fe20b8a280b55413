"""Signing in, out and up, and forgotten passwords."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from backend.accounts.models import User
from backend.workspace.models import Activity
from tests.backend.conftest import PASSWORD, ClientOf, Configure, Mails, Person, SignedIn

SESSION, RESETS = "/api/v1/session", "/api/v1/password-resets"
NEW = "quite another password"


class Browser:
    """A browser that keeps cookies, and whose CSRF tokens are checked."""

    def __init__(self) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.token = str(self.client.get(SESSION).json()["csrf_token"])

    def send(self, method: str, path: str, **body: Any) -> Any:
        content = json.dumps(body)
        sent = self.client.generic(method, path, content, "application/json", HTTP_X_CSRFTOKEN=self.token)
        self.token = str(self.client.get(SESSION).json()["csrf_token"])
        return sent

    def sign_in(self, email: str = "owner@example.org", password: str = PASSWORD) -> Any:
        return self.send("POST", SESSION, email=email, password=password)

    def user(self) -> str | None:
        found = self.client.get(SESSION).json()["user"]
        return found and str(found["email"])


@pytest.fixture
def browser(db: None) -> Browser:
    del db
    return Browser()


@pytest.fixture
def open_for_all(configure: Configure) -> None:
    configure(signup=True)


Link = Callable[[], tuple[str, ...]]


@pytest.fixture
def link(mails: Mails) -> Link:
    """What the link of the last mail says: user and token, or the token alone."""

    def read() -> tuple[str, ...]:
        found = re.search(r"http://localhost:8100/(?:reset|confirm)/(\S+)", str(mails()[-1].body))
        assert found
        return tuple(found[1].split("/"))

    return read


@pytest.mark.usefixtures("owner")
def test_whoever_signs_in_is_known_until_signing_out(browser: Browser) -> None:
    assert browser.user() is None
    assert browser.sign_in(" Owner@Example.org ").status_code == 200
    assert browser.user() == "owner@example.org"
    assert browser.client.get("/api/v1/me").json()["email"] == "owner@example.org"
    assert browser.send("DELETE", SESSION).status_code == 204
    assert browser.user() is None
    assert browser.client.get("/api/v1/me").status_code == 401


@pytest.mark.usefixtures("owner", "open_for_all")
@pytest.mark.parametrize(("method", "path"), [("POST", SESSION), ("DELETE", SESSION), ("POST", "/api/v1/accounts")])
def test_another_site_cannot_start_or_end_a_session(browser: Browser, method: str, path: str) -> None:
    browser.token = "a" * 32
    answer = browser.send(method, path, email="owner@example.org", password=PASSWORD)
    assert (answer.status_code, answer.json()["status"]) == (403, 403)
    assert browser.user() is None


@pytest.mark.usefixtures("owner")
def test_a_session_gets_a_new_key_when_it_starts(browser: Browser) -> None:
    browser.client.session.save()
    planted = str(browser.client.session.session_key)
    browser.client.cookies["sessionid"] = planted
    browser.sign_in()
    assert browser.client.cookies["sessionid"].value != planted


def test_a_wrong_password_an_unknown_address_and_a_locked_account_look_the_same(
    browser: Browser, person: Person
) -> None:
    person("owner")
    person("locked", is_active=False)
    tries = (("owner@example.org", "wrong"), ("nobody@example.org", PASSWORD), ("locked@example.org", PASSWORD))
    answers = [browser.sign_in(email, password) for email, password in tries]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1


@pytest.mark.usefixtures("owner")
def test_guessing_ends_after_ten_tries_even_with_the_right_password(browser: Browser) -> None:
    for _ in range(10):
        assert browser.sign_in(password="wrong").status_code == 401
    answer = browser.sign_in()
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 600
    assert answer.json()["code"] == "TooOften"


@pytest.mark.usefixtures("owner")
def test_signing_in_forgives_what_was_mistyped_before(browser: Browser) -> None:
    for _ in range(3):
        for _ in range(9):
            browser.sign_in(password="wrong")
        assert browser.sign_in().status_code == 200


def test_sign_up_is_closed_unless_the_operator_opens_it(browser: Browser) -> None:
    answer = browser.send("POST", "/api/v1/accounts", email="ann@example.org", password=NEW)
    assert (answer.status_code, answer.json()["code"]) == (403, "SignupClosed")
    assert "operator" in answer.json()["detail"]
    assert not User.objects.exists()


@pytest.mark.usefixtures("open_for_all")
def test_whoever_signs_up_is_signed_in_and_asked_to_confirm_the_address(browser: Browser, link: Link) -> None:
    answer = browser.send("POST", "/api/v1/accounts", email="Ann@example.org", password=NEW, name="Ann")
    assert (answer.status_code, answer.json()["confirmed"]) == (201, False)
    assert browser.user() == "ann@example.org"
    assert browser.send("POST", "/api/v1/confirmed-addresses", token=link()[0]).status_code == 204
    assert browser.client.get("/api/v1/me").json()["confirmed"] is True


@pytest.mark.usefixtures("owner", "open_for_all")
@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"email": "owner@example.org", "password": NEW}, "body.email"),
        ({"email": "ann", "password": NEW}, "body.email"),
        ({"email": "ann@example.org", "password": "1234567890"}, "body.password"),
        ({"email": "ann@example.org", "password": "ann@example.org"}, "body.password"),
        ({"email": "ann@example.org"}, "body.password"),
        ({"email": "ann@example.org", "password": NEW, "is_operator": True}, "body.is_operator"),
    ],
)
def test_sign_up_names_what_is_wrong(browser: Browser, form: dict[str, Any], field: str) -> None:
    answer = browser.send("POST", "/api/v1/accounts", **form)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert User.objects.count() == 1


@pytest.mark.usefixtures("open_for_all")
def test_somebody_with_an_unconfirmed_address_cannot_be_added_to_a_project(
    browser: Browser, project: Any, owner: User, client_of: ClientOf, link: Link
) -> None:
    browser.send("POST", "/api/v1/accounts", email="ann@example.org", password=NEW)
    members, form = f"/api/v1/projects/{project.pk}/members", {"email": "ann@example.org", "role": "viewer"}
    answer = client_of(owner).post(members, form)
    assert (answer.status_code, answer.json()["field"]) == (422, "body.email")
    browser.send("POST", "/api/v1/confirmed-addresses", token=link()[0])
    assert client_of(owner).post(members, form).status_code == 201


@pytest.mark.usefixtures("owner")
def test_a_forgotten_password_is_replaced_by_mail_once(browser: Browser, link: Link) -> None:
    assert browser.send("POST", RESETS, email="owner@example.org").status_code == 202
    user, token = link()
    form = {"user": user, "token": token, "password": NEW}
    assert browser.send("POST", f"{RESETS}/confirm", **form).status_code == 204
    assert browser.sign_in(password=PASSWORD).status_code == 401
    assert browser.sign_in(password=NEW).status_code == 200
    again = browser.send("POST", f"{RESETS}/confirm", **form)
    assert (again.status_code, again.json()["field"]) == (422, "body.token")


@pytest.mark.usefixtures("owner")
def test_a_weak_new_password_is_refused_and_the_link_still_works(browser: Browser, link: Link) -> None:
    browser.send("POST", RESETS, email="owner@example.org")
    user, token = link()
    weak = browser.send("POST", f"{RESETS}/confirm", user=user, token=token, password="password")
    assert (weak.status_code, weak.json()["field"]) == (422, "body.password")
    assert browser.send("POST", f"{RESETS}/confirm", user=user, token=token, password=NEW).status_code == 204


@pytest.mark.usefixtures("owner")
def test_asking_for_a_new_password_answers_the_same_for_unknown_addresses(browser: Browser, mails: Mails) -> None:
    answers = [browser.send("POST", RESETS, email=f"{name}@example.org") for name in ("owner", "nobody")]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].content == answers[1].content
    assert [mail.to for mail in mails()] == [["owner@example.org"]]


@pytest.mark.usefixtures("owner")
def test_nobody_can_flood_somebody_with_mails(browser: Browser, mails: Mails) -> None:
    answers = [browser.send("POST", RESETS, email="owner@example.org") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [202, 202, 202, 429]
    assert len(mails()) == 3


def test_a_new_password_ends_other_sessions(owner: User, browser: Browser, signed_in: SignedIn) -> None:
    other = signed_in(owner)
    browser.sign_in()
    answer = browser.send("POST", "/api/v1/me/password", password=PASSWORD, new_password=NEW)
    assert answer.status_code == 204
    assert browser.user() == "owner@example.org"
    assert other.get("/api/v1/me").status_code == 401


@pytest.mark.usefixtures("owner")
@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"password": "wrong", "new_password": NEW}, "password"),
        ({"password": PASSWORD, "new_password": "x"}, "new_password"),
    ],
)
def test_a_password_is_changed_only_with_the_present_one_to_a_good_one(
    browser: Browser, form: dict[str, str], field: str
) -> None:
    browser.sign_in()
    answer = browser.send("POST", "/api/v1/me/password", **form)
    assert (answer.status_code, answer.json()["field"]) == (422, f"body.{field}")


@pytest.mark.usefixtures("owner")
def test_another_address_counts_once_its_link_was_opened(browser: Browser, link: Link, mails: Mails) -> None:
    browser.sign_in()
    answer = browser.send("POST", "/api/v1/me/email", password=PASSWORD, email="New@example.org")
    assert answer.status_code == 202
    token = link()[0]
    assert (mails()[-1].to, browser.user()) == (["new@example.org"], "owner@example.org")
    browser.send("POST", "/api/v1/confirmed-addresses", token=token)
    assert browser.user() == "new@example.org"
    assert mails()[-1].to == ["owner@example.org"]
    assert browser.send("POST", "/api/v1/confirmed-addresses", token=token).status_code == 422


@pytest.mark.usefixtures("owner", "stranger")
def test_somebody_else_s_address_is_not_given_away(browser: Browser, mails: Mails) -> None:
    browser.sign_in()
    answer = browser.send("POST", "/api/v1/me/email", password=PASSWORD, email="stranger@example.org")
    assert answer.status_code == 202
    assert (mails()[-1].to, "confirm" in str(mails()[-1].body)) == (["stranger@example.org"], False)


def test_what_happens_to_an_account_is_written_down(browser: Browser, owner: User) -> None:
    browser.sign_in()
    browser.send("POST", "/api/v1/me/password", password=PASSWORD, new_password=NEW)
    verbs = list(Activity.objects.filter(user=owner, subject=owner.pk).order_by("id").values_list("verb", flat=True))
    assert verbs == ["session.start", "account.password"]
