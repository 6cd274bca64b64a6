"""Everything the portal holds on an employee, in sections: for the JSON file and for the page."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.models import AddressChange, Employee, ImportRow, RoleGrant, UserSession
from linking.models import (
    Block,
    Case,
    CodeTry,
    Invitation,
    LinkedIdentity,
    OutgoingMail,
    PendingCode,
    SavedSearch,
)
from linking.own.cells import Row, cells_of, cells_of_a_deed, cells_of_a_happening, cells_of_a_look
from linking.own.history import all_deeds, all_happenings, all_looks

# In the order of file and page. Keys stay as they are (docs/own-data.md).
TITLES: Final[Mapping[str, Any]] = {
    "registered": _("What your employer has registered"),
    "former_addresses": _("Your e-mail address until lately"),
    "account": _("Your account here"),
    "roles": _("Your roles in the administration"),
    "saved_searches": _("Searches in the audit log that you have saved"),
    "sessions": _("Where you are signed in now"),
    "links": _("Links to electronic IDs"),
    "security_codes": _("security codes"),
    "typed_codes": _("Security codes that were typed"),
    "blocks": _("Blocks after wrong codes"),
    "cases": _("cases"),
    "invitations": _("invitations"),
    "mails": _("E-mails"),
    "imports": _("What files from HR changed"),
    "looks": _("Who looked at me"),
    "events": _("Sign-ins and changes"),
    "done": _("What you did in the administration"),
}


@dataclass(frozen=True, slots=True)
class Section:
    """What there is of one kind, the newest first. `rows` may be a stream, to be read once."""

    key: str
    rows: Iterable[Row]

    @property
    def title(self) -> str:
        return capfirst(str(TITLES[self.key]))


def sections(employee: Employee) -> Iterator[Section]:
    """Give the sections one after the other; the employee has organisation and user at hand.

    The log's, which grow with the years, are the last and are streams.

    Raises:
        User.DoesNotExist: the employee has no account, as nobody has who asks for their own.
    """
    for key, rows in _tables(employee):
        yield Section(key, cells_of(rows, employee))
    yield Section("looks", map(cells_of_a_look, all_looks(employee)))
    yield Section("events", map(cells_of_a_happening, all_happenings(employee)))
    yield Section("done", map(cells_of_a_deed, all_deeds(employee)))


def _tables(employee: Employee) -> Iterator[tuple[str, Iterable[Any]]]:
    user = employee.user  # never None, which would be all those who are not signed in
    theirs = {"employee": employee}
    either_side = Q(employee=employee) | Q(other_employee=employee)
    yield "registered", [employee]
    yield "former_addresses", AddressChange.objects.filter(**theirs).order_by("-id")
    yield "account", [user]
    yield "roles", RoleGrant.objects.filter(user=user).select_related("organisation")
    yield "saved_searches", SavedSearch.objects.filter(user=user)
    yield "sessions", UserSession.objects.filter(user=user).order_by("-started_at")
    yield "links", LinkedIdentity.objects.filter(**theirs).order_by("-linked_at")
    yield "security_codes", PendingCode.objects.filter(**theirs).order_by("-requested_at")
    yield "typed_codes", CodeTry.objects.filter(**theirs).order_by("-tried_at")
    yield "blocks", Block.objects.filter(**theirs).order_by("-blocked_at")
    yield "cases", Case.objects.filter(either_side).order_by("-opened_at")
    yield "invitations", Invitation.objects.filter(**theirs).order_by("-invited_at")
    yield "mails", OutgoingMail.objects.filter(**theirs).order_by("-created_at")
    yield "imports", _import_rows(employee)


def _import_rows(employee: Employee) -> QuerySet[ImportRow]:
    """Those that changed the employee, and refused ones that came under the same number."""
    refused = Q(
        kind=ImportRow.Kind.REFUSED,
        employee_number=employee.employee_number,
        changeset__organisation=employee.organisation_id,
    )
    rows = ImportRow.objects.filter(Q(employee=employee) | refused)
    return rows.select_related("changeset").order_by("-changeset__created_at", "id")
