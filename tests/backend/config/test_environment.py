"""Settings are loud when wrong, and the page about them is true."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from backend.config import environment
from backend.config.environment import Environment, variable
from contracts.errors import InputError
from tests.k8s.render import PROJECT

PAGE = (PROJECT / "docs/settings.md").read_text()
ROWS = {
    row[0]: row[1:]
    for row in re.findall(r"^\| `(PROPRUNN_BACKEND_\w+)` \| (.*?) ?\| (.*?) \| (.*?) \|$", PAGE, re.MULTILINE)
}
PRODUCTION = {
    "PROPRUNN_BACKEND_MODE": "production",
    "PROPRUNN_BACKEND_SECRET_KEY": "s" * 40,
    "PROPRUNN_BACKEND_TOKEN_KEY": "t" * 40,
    "PROPRUNN_BACKEND_HWSERVICE_TOKEN": "a token of the service",
    "PROPRUNN_BACKEND_MLSERVICE_TOKEN": "a token of the other service",
}
WRONG = {
    "MODE": "live",
    "DEBUG": "maybe",
    "PROXIES": "-1",
    "DATABASE": "mysql://here",
    "STORE": "nowhere://bucket",
    "REDIS": "http://here",
    "HWSERVICE_URL": "hwservice:8101",
    "MLSERVICE_URL": "mlservice:8102",
    "MAIL": "mail.example",
    "ADDRESS": "lab.example",
    "UPLOAD_BYTES": "many",
    "LEASE_S": "inf",
    "ATTEMPTS_MAX": "0",
    "FAULTS_MAX": "0",
    "RUNNING_PER_USER": "0",
    "RUNNING_PER_PROJECT": "0",
    "QUEUED_PER_USER": "nan",
    "STORAGE_BYTES_PER_PROJECT": "1",
    "REQUESTS_PER_MINUTE": "0",
    "TOKEN_DAYS_MAX": "-1",
    "WEBHOOK_NETWORKS": "10.1.0.0/16,everywhere",
}
UNFIT = {
    "SECRET_KEY": environment.DEVELOPMENT_KEY,
    "TOKEN_KEY": "short",
    "DEBUG": "yes",
    "DEMO": "yes",
    "HOSTS": "*",
    "HWSERVICE_TOKEN": "",
    "MLSERVICE_TOKEN": "",
}


def shown(value: Any) -> str:
    """A default as the page writes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ",".join(value) if isinstance(value, tuple | list) else str(value)


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_is_refused_with_its_name_and_itself(name: str) -> None:
    with pytest.raises(InputError, match=f"PROPRUNN_BACKEND_{name} ") as refused:
        Environment.read({f"PROPRUNN_BACKEND_{name}": WRONG[name]})
    assert WRONG[name].split(",")[-1] in str(refused.value)


def test_all_that_is_wrong_is_named_at_once() -> None:
    with pytest.raises(InputError) as refused:
        Environment.read({f"PROPRUNN_BACKEND_{name}": WRONG[name] for name in ("MODE", "PROXIES", "MAIL")})
    assert all(f"PROPRUNN_BACKEND_{name}" in str(refused.value) for name in ("MODE", "PROXIES", "MAIL"))


def test_an_unknown_name_is_refused_with_the_nearest_known_one() -> None:
    with pytest.raises(
        InputError, match=r"PROPRUNN_BACKEND_DATABSE is unknown; did you mean PROPRUNN_BACKEND_DATABASE\?"
    ):
        Environment.read({"PROPRUNN_BACKEND_DATABSE": "sqlite"})


def test_production_takes_keys_and_a_token() -> None:
    assert Environment.read(PRODUCTION).production


@pytest.mark.parametrize("name", UNFIT)
def test_production_refuses_what_only_a_developer_wants(name: str) -> None:
    with pytest.raises(InputError, match=f"PROPRUNN_BACKEND_{name} "):
        Environment.read({**PRODUCTION, f"PROPRUNN_BACKEND_{name}": UNFIT[name]})


def test_production_refuses_one_key_for_both() -> None:
    with pytest.raises(InputError, match="choose two"):
        Environment.read({**PRODUCTION, "PROPRUNN_BACKEND_TOKEN_KEY": "s" * 40})


def test_the_page_has_every_setting_in_order_and_no_other() -> None:
    assert list(ROWS) == [variable(entry.name) for entry in fields(Environment)]


@pytest.mark.parametrize("setting", Environment().shown(), ids=lambda setting: setting["name"])
def test_the_page_says_each_settings_default_and_meaning(setting: dict[str, Any]) -> None:
    default, meaning, _ = ROWS[setting["variable"]]
    assert meaning == setting["help"]
    if setting["name"] == "folder":
        assert Path(setting["value"]).name == "backend"
    elif setting["value"] == environment.HIDDEN:
        assert default == "one for development"
    else:
        assert default.strip("`") == shown(setting["value"])


@pytest.mark.parametrize("name", environment._LEAST)
def test_the_page_says_the_least_that_is_taken(name: str) -> None:
    least = environment._LEAST[name]
    assert re.search(rf"at least {least}\b|^{least} or more", ROWS[variable(name)][2])


def test_a_refused_address_does_not_tell_its_password() -> None:
    with pytest.raises(InputError, match="PROPRUNN_BACKEND_DATABASE") as refused:
        Environment.read({"PROPRUNN_BACKEND_DATABASE": "postgres://ann:secret@here/jobs"})
    assert "secret" not in str(refused.value)
