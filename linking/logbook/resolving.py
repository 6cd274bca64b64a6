"""Finds whom or what typed text means, so that ids stand in the address and no text (A-26)."""

from dataclasses import dataclass
from ipaddress import ip_interface
from typing import Any

from django.db.models import QuerySet

from accounts.access import Someone, organisations
from accounts.log_reading import SEE_PEOPLE
from accounts.models import AddressChange, Employee, User
from accounts.networks import SMALLEST, neighbours
from audit.models import AuditEvent
from linking.logbook.query import Query
from linking.logbook.words.names import as_key
from linking.support.search import MOST, find
from linking.support.typed import Kind, Typed, recognise


@dataclass(frozen=True, slots=True)
class Choice:
    """One that may be meant. `employee` is None of a reference or a local administrator."""

    query: Query
    text: str
    employee: Employee | None = None


@dataclass(frozen=True, slots=True)
class Meant:
    """What may be meant: one, several to choose from, or nothing; `kind` is for the log."""

    kind: str
    choices: tuple[Choice, ...] = ()
    more: bool = False

    @property
    def was_looked_up(self) -> bool:
        """Whether the answer tells who or what there is, as it does not of a key or reference."""
        return self.kind not in ("person", Kind.REFERENCE)


def meant(text: str, query: Query, rows: QuerySet[AuditEvent], reader: Someone) -> Meant:
    """Tell whom or what the main field's text means, in place of what was meant before.

    `rows` are those that the reader may see.
    """
    query = query.but(person=None, reference=(), network=None, bits=None)
    key = as_key(text)
    if key is not None:
        return Meant("person", (Choice(query.but(person=key), text),))
    if (network := _network(text)) is not None:
        return Meant("network", _from(network, query, rows))
    typed = recognise(text)
    spelled = Choice(query.but(reference=typed.references), typed.text)
    if typed.kind == Kind.REFERENCE:
        return Meant(typed.kind, (spelled,))
    people, more = _people(typed, reader)
    choices = [_about(query, employee) for employee in people]
    if typed.references and rows.filter(reference__in=typed.references).exists():
        choices.append(spelled)
    return Meant(typed.kind, tuple(choices), more)


def actor_meant(text: str, query: Query, rows: QuerySet[AuditEvent], reader: Someone) -> Meant:
    """Tell whose doings are meant: a local administrator by the whole name, or an employee.

    `rows` are those that the reader may see: of whoever did nothing in them no user name is told.
    """
    local = User.objects.filter(username__iexact=text, employee__isnull=True)[:MOST]
    choices = [
        Choice(query.but(actor=f"user:{user.pk}"), str(user))
        for user in local
        if rows.filter(actor=f"user:{user.pk}").exists()
    ]
    people, more = _people(recognise(text), reader)
    users = dict(User.objects.filter(employee__in=people).values_list("employee", "pk"))
    for employee in people:
        user = users.get(employee.pk)
        actor = f"user:{user}" if user else f"employee:{employee.pk}"
        choices.append(Choice(query.but(actor=actor), employee.full_name, employee))
    return Meant("actor", tuple(choices), more)


def _about(query: Query, employee: Employee) -> Choice:
    return Choice(query.but(person=employee.pk), employee.full_name, employee)


def _people(typed: Typed, reader: Someone) -> tuple[list[Employee], bool]:
    if not reader.has_perm(SEE_PEOPLE):  # type: ignore[union-attr]
        return [], False
    found = find(typed, reader)
    people = list(found.people)
    if not people and typed.kind == Kind.EMAIL:
        people = _formerly_at(typed.text, reader)
    return people, found.more


def _formerly_at(address: str, reader: Someone) -> list[Employee]:
    """Old addresses are kept only until those concerned have been told."""
    owners = AddressChange.objects.filter(old_address__iexact=address).values("employee")
    here = organisations(reader, SEE_PEOPLE)
    found = Employee.objects.filter(pk__in=owners, organisation__in=here)
    return list(found.select_related("organisation")[:MOST])


type _Network = Any


def _network(text: str) -> _Network | None:
    """Read an address, or a network with its length behind a slash."""
    try:
        return ip_interface(text.strip())
    except ValueError:
        return None


def _from(network: _Network, query: Query, rows: QuerySet[AuditEvent]) -> tuple[Choice, ...]:
    """The network is named by the newest event from there."""
    smallest = SMALLEST[network.version]
    bits = None if network.network.prefixlen >= smallest else network.network.prefixlen
    try:
        own = neighbours(str(network.network), bits)
    except ValueError:
        return ()
    newest = rows.filter(network__in=own).order_by("-at", "-id").values_list("pk", flat=True)
    event = newest.first()
    return (Choice(query.but(network=event, bits=bits), str(network)),) if event else ()
