"""Who does something, and from where: what `by=` may be where a request stands behind it."""

from typing import Self


class Caller(str):
    """The name of an actor, that also knows from which network they called.

    A `str`, so that actions pass it on, and store it, as they do any other `by=`; the log alone
    asks where it came from. Made where the request is at hand, and nowhere else.
    """

    __slots__ = ("network",)

    network: str

    def __new__(cls, name: str, network: str = "") -> Self:
        caller = super().__new__(cls, name)
        caller.network = network
        return caller


def network_of(by: str) -> str:
    """Give the network that an actor called from; nothing for whoever came by no request."""
    return by.network if isinstance(by, Caller) else ""
