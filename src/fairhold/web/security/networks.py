"""Where a request comes from, as widely as it has to be seen."""

import functools
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_IPV4_NETWORK = 24
_IPV6_SITE = 56
_NAME_MAX = 64
_KEPT = 4_096


@functools.lru_cache(_KEPT)
def network_of(host: str) -> str:
    """The network of an address: what one household or one guesser holds cheaply."""
    address = _read(host)
    if isinstance(address, IPv4Address):
        return str(IPv4Network((address, _IPV4_NETWORK), strict=False))
    return address_of(host)


@functools.lru_cache(_KEPT)
def address_of(host: str) -> str:
    """One caller: an IPv4 address, or the site that a provider hands out with IPv6 (RFC 6177)."""
    address = _read(host)
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, _IPV6_SITE), strict=False))
    return str(address)


def _read(host: str) -> IPv4Address | IPv6Address | str:
    try:
        address = ip_address(host)
    except ValueError:
        return host[:_NAME_MAX]
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
