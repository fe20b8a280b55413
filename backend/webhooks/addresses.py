"""Which addresses may be posted to: public ones, and those that the operator allows.

`ipaddress.is_private` is not enough: it lets carrier-grade NAT, 6to4 and NAT64 pass, behind which lie private ones.
"""

import ipaddress
from typing import Final

from django.conf import settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NOT_PUBLIC_4: Final = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
"""IANA's special-purpose registry, multicast and the reserved rest."""
_UNICAST_6: Final = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC_6: Final = tuple(
    ipaddress.IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
"""Teredo and other protocols' assignments, documentation, 6to4 (which hides an IPv4 address)."""
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


def parse(text: str) -> Address:
    """An address as the resolver gives it, without its interface; IPv4 where it only wraps one.

    Raises:
        ValueError: it is none.
    """
    found = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return found.ipv4_mapped
        if found in _NAT64:
            return ipaddress.IPv4Address(int(found) & 0xFFFF_FFFF)
    return found


def is_public(address: Address) -> bool:
    """Whether it belongs to the public Internet."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_4)
    return address in _UNICAST_6 and not any(address in network for network in _NOT_PUBLIC_6)


def is_allowed(text: str) -> bool:
    """Whether may be posted to an address."""
    address = parse(text)
    return is_public(address) or any(
        address in ipaddress.ip_network(network) for network in settings.ENVIRONMENT.webhook_networks
    )
