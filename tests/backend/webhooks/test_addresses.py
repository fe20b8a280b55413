"""Which addresses may be posted to."""

import pytest

from backend.accounts.refusals import AccountError
from backend.config.environment import Environment
from backend.webhooks.addresses import is_allowed
from backend.webhooks.endpoints import check_url
from contracts.errors import InputError
from tests.backend.conftest import Configure


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "0.0.0.0", "10.1.2.3", "172.31.255.255", "192.168.0.1", "169.254.169.254",
        "100.64.0.1",  # carrier-grade NAT
        "192.0.0.8", "192.0.2.1", "198.18.0.1", "203.0.113.9", "224.0.0.1", "255.255.255.255",
        "::", "::1", "fe80::1%eth0", "fc00::1", "ff02::1", "2001:db8::1",
        "::ffff:10.0.0.1",  # IPv4-mapped
        "::10.0.0.1",  # IPv4-compatible
        "64:ff9b::10.0.0.1", "64:ff9b:1::10.0.0.1",  # NAT64
        "2002:a00:1::1",  # 6to4
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",  # Teredo
    ],
)  # fmt: skip
def test_what_is_not_public_is_refused(address: str) -> None:
    assert not is_allowed(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "100.128.0.1", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"]
)
def test_what_is_public_is_allowed(address: str) -> None:
    assert is_allowed(address)


def test_the_operator_allows_more(configure: Configure) -> None:
    configure(webhook_networks=("10.1.0.0/16", "fc00::/64"))
    answers = {address: is_allowed(address) for address in ("10.1.2.3", "::ffff:10.1.2.3", "fc00::1", "10.2.0.1")}
    assert answers == {"10.1.2.3": True, "::ffff:10.1.2.3": True, "fc00::1": True, "10.2.0.1": False}


def test_a_wrong_network_in_the_settings_is_named() -> None:
    with pytest.raises(InputError, match=r"WEBHOOK_NETWORKS has '10\.1\.0\.1/16'"):
        Environment(webhook_networks=("10.1.0.1/16",))


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org", "example.org/hook", "http://", "https://user:word@example.org", "https://example.org/#part",
        "http://127.0.0.1:8101/v1/jobs", "http://[::1]/", "https://[64:ff9b::a00:1]/", "javascript:alert(1)", "",
    ],
)  # fmt: skip
def test_an_address_that_is_seen_to_be_wrong_is_refused_at_once(url: str) -> None:
    with pytest.raises(AccountError):
        check_url(url)


def test_production_posts_encrypted_unless_the_operator_allows_networks(configure: Configure) -> None:
    configure(mode="development")
    check_url("http://example.org/hook")
    keys = {name: name * 40 for name in ("secret_key", "token_key", "hwservice_token", "mlservice_token")}
    configure(mode="production", **keys)
    with pytest.raises(AccountError):
        check_url("http://example.org/hook")
    check_url("https://example.org/hook")
    configure(webhook_networks=("10.0.0.0/8",))
    check_url("http://receiver.lab/hook")
