"""The demo's four ports: chosen by option or environment, and looked at before anything starts."""

import argparse
import os
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

LARGEST = 65535


@dataclass(frozen=True, slots=True)
class Ports:
    portal: int
    idporten: int
    inbox: int
    smtp: int


DEFAULTS = Ports(portal=8000, idporten=8001, inbox=8025, smtp=1025)
NAMES = tuple(field.name for field in fields(Ports))
PURPOSES = {
    "portal": "the portal",
    "idporten": "the ID-porten stand-in",
    "inbox": "the mail inbox page",
    "smtp": "the mail server (SMTP)",
}


def variable(name: str) -> str:
    """Give the environment variable of a port: PORTAL_PORT, …"""
    return f"{name.upper()}_PORT"


def add_options(parser: argparse.ArgumentParser, environment: Mapping[str, str]) -> None:
    """Add --portal-port and its like; what the environment says is the default."""
    for name in NAMES:
        parser.add_argument(
            f"--{name}-port",
            metavar="PORT",
            default=environment.get(variable(name)) or str(getattr(DEFAULTS, name)),
            help=f"for {PURPOSES[name]}; also {variable(name)} (default: %(default)s)",
        )


def read(options: Mapping[str, str]) -> Ports:
    """Take the ports out of the parsed options.

    Raises:
        ValueError: one is not a port, or two are the same; in words for a person.
    """
    chosen = {name: _number(name, options[f"{name}_port"]) for name in NAMES}
    for name, number in chosen.items():
        twin = next(other for other in NAMES if chosen[other] == number)
        if twin != name:
            raise ValueError(
                f"{variable(twin)} and {variable(name)} are both {number}. Give them two ports."
            )
    return Ports(**chosen)


def _number(name: str, value: str) -> int:
    if not (value.isascii() and value.isdecimal() and 0 < int(value) <= LARGEST):
        raise ValueError(f"{variable(name)} is {value!r}, not a port: give a number to {LARGEST}.")
    return int(value)


def problems(ports: Ports) -> Iterator[str]:
    """Give a sentence for each port that cannot be had."""
    for name in NAMES:
        number = getattr(ports, name)
        reason = _why_not(number)
        if reason:
            yield (
                f"Port {number} {reason}, and the demo wants it for {PURPOSES[name]}. End what "
                f"uses it, or choose another: make demo {variable(name)}={_suggestion(number)}"
            )


def _why_not(number: int) -> str:
    # A browser may try ::1 first for *.localhost, and would meet whoever listens there.
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.create_server((host, number), family=family):
                pass
        except PermissionError:
            return "is the system's own"
        except OSError:
            if family == socket.AF_INET or _answers(host, number):
                return "is busy"
    return ""


def _answers(host: str, number: int) -> bool:
    try:
        socket.create_connection((host, number), timeout=1).close()
    except OSError:
        return False
    return True


def _suggestion(number: int) -> int:
    return number + 1000 if 1024 < number + 1000 <= LARGEST else 9000


def refuse_busy(arguments: Sequence[str]) -> None:
    """End the process with sentences where a port cannot be had. `arguments`: the demo's own."""
    parser = argparse.ArgumentParser(add_help=False)
    add_options(parser, os.environ)
    options, _others = parser.parse_known_args(arguments)
    try:
        found = list(problems(read(vars(options))))
    except ValueError as error:
        found = [str(error)]
    if found:
        sys.exit("\n".join(found))
