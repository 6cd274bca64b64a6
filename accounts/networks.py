"""Whose request it is, as far as an address tells: proxies are believed only where we know them."""

import ipaddress
from ipaddress import IPv4Address, IPv6Address

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from accounts.models import User
from audit.callers import Caller

type Address = IPv4Address | IPv6Address

# Whose one is, by the version of IP: of one IPv4 address, or of the /64 of an IPv6 one.
SMALLEST = {4: 32, 6: 64}
NEIGHBOUR_BITS = 8


def is_trusted_proxy(text: str) -> bool:
    """Whether this is the address of a proxy that TRUSTED_PROXIES names."""
    address = _parsed(text)
    return address is not None and _is_trusted(address)


def client_network(request: HttpRequest) -> str:
    """Give the network that a request came from: one IPv4 address, or the /64 of an IPv6 one.

    Of X-Forwarded-For only what our own proxies added counts: anybody may write what stands before.
    """
    hops = [*request.headers.get("X-Forwarded-For", "").split(","), _peer(request)]
    nearest: Address | None = None
    for hop in reversed(hops):
        address = _parsed(hop.strip())
        if address is None:
            break
        nearest = address
        if not _is_trusted(address):
            break
    if isinstance(nearest, IPv6Address):
        # Whoever has one IPv6 address has 2 to the power of 64 of them.
        return str(ipaddress.ip_network((nearest, 64), strict=False))
    return str(nearest or "")


def calling[Someone: User | AnonymousUser](user: Someone, request: HttpRequest) -> Someone:
    """Let whoever makes this request be known, in the audit log, to come from where it came from.

    `request.user` is so already; somebody who is only just found is not.
    """
    if isinstance(user, User):
        user.network = client_network(request)
    return user


def caller(name: str, request: HttpRequest) -> Caller:
    """Give an actor who is no user, and where the request came from."""
    return Caller(name, client_network(request))


def neighbours(network: str, bits: int | None = None) -> list[str]:
    """Give the networks, as `client_network` gives them, that share `bits` of the address.

    Raises:
        ValueError: this is no network, or there would be more than 256.
    """
    own = ipaddress.ip_network(network, strict=False)
    smallest = min(own.max_prefixlen, SMALLEST[own.version])
    bits = smallest if bits is None else min(bits, smallest)
    if smallest - bits > NEIGHBOUR_BITS:
        raise ValueError("too many neighbours")
    around = ipaddress.ip_network((own.network_address, bits), strict=False)
    found = around.subnets(new_prefix=smallest)
    return [str(each.network_address if own.version == 4 else each) for each in found]


def _peer(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


def _parsed(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _is_trusted(address: Address) -> bool:
    return any(address in network for network in settings.TRUSTED_PROXIES)
