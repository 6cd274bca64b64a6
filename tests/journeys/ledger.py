"""What the rows say between two steps: every change has its event, and no budget is exceeded."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from accounts.models import Employee, Organisation
from audit.models import AuditEvent
from linking.models import Block, Case, CodeTry, LinkedIdentity, OutgoingMail, PendingCode

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOT_YET = ""
# A row's state before and after, and the event that tells of it. What is not here may not happen.
EVENT_OF: dict[tuple[str, str, str], str] = {
    ("request", NOT_YET, "queued"): "link:code:requested",
    ("request", "queued", "refused"): "link:code:refused",
    ("request", "queued", "confirmed, refused"): "link:refused",
    ("request", "sent", "confirmed, refused"): "link:refused",
    ("request", "failed", "confirmed, refused"): "link:refused",
    ("mail code", "queued", "sent"): "link:code:sent",
    ("mail code", "queued", "failed"): "mail:failed",
    ("mail", "queued", "failed"): "mail:failed",
    ("mail", "queued", "sent"): "mail:sent",
    ("link", NOT_YET, "active"): "link:made",
    ("link", NOT_YET, "pending"): "link:waiting",
    ("link", "pending", "active"): "link:approved",
    ("link", "pending", "declined"): "link:declined",
    ("link", "pending", "revoked"): "link:revoked",
    ("link", "active", "revoked"): "link:revoked",
    ("link", "pending", "expired"): "link:expired",
    ("link", "active", "expired"): "link:expired",
    ("try", NOT_YET, "wrong"): "link:code:wrong",
    ("block", NOT_YET, "standing"): "block:made",
    ("block", "standing", "lifted"): "block:lifted",
    ("case", NOT_YET, "open"): "case:opened",
    ("case", "open", "decided"): "case:decided",
    ("request", "queued", "expired"): "link:code:expired",
    ("request", "sent", "expired"): "link:code:expired",
    ("request", "disowned", "disowned, replaced"): "link:code:replaced",
} | {
    ("request", before, "replaced"): "link:code:replaced"
    for before in ("queued", "sent", "failed", "refused")
}
# Told by the event of what caused them: the code's, the link's.
QUIET = {
    ("request", "queued", "sent"),
    ("request", "queued", "failed"),
    ("mail code", NOT_YET, "queued"),
    ("mail", NOT_YET, "queued"),
    ("try", NOT_YET, "forgiven"),
    ("try", "wrong", "forgiven"),
} | {
    ("request", before, after)
    for before in ("queued", "sent", "failed", "refused")
    for after in ("confirmed", "disowned")
}
# Of sessions or of what was said, not of one row: the rules look for these themselves.
OF_SESSIONS = (
    *("sign-in:started", "sign-in:done", "sign-in:unlinked", "session:ended"),
    *("link:code:given-up", "link:code:not-taken", "link:disowned"),
)

type Row = tuple[str, Any]
type Rows = dict[Row, tuple[str, UUID | None]]


def rows_of(places: Sequence[Organisation]) -> Rows:
    """Give each row's state, and the employee it is about."""
    rows: Rows = {}
    ours = {"organisation__in": places}
    requests = PendingCode.objects.filter(**ours)
    for pk, state, against, employee in requests.values_list(
        "pk", "state", "refusal", "employee_id"
    ):
        rows["request", pk] = told_as(state, against), employee
    mails = OutgoingMail.objects.filter(**ours)
    for pk, state, employee, kind in mails.values_list("pk", "state", "employee_id", "kind"):
        rows["mail code" if kind == "code" else "mail", pk] = state, employee
    links = LinkedIdentity.objects.filter(**ours)
    declined = set(Case.objects.filter(decision="declined", **ours).values_list("link", flat=True))
    for pk, state, employee in links.values_list("pk", "state", "employee_id"):
        rows["link", pk] = "declined" if pk in declined else state, employee
    tries = CodeTry.objects.filter(**ours)
    for number, request, forgiven, employee in tries.values_list(
        "pk", "request_id", "forgiven", "request__employee_id"
    ):
        rows["try", (number, request)] = "forgiven" if forgiven else "wrong", employee
    blocks = Block.objects.filter(**ours)
    for pk, lifted_at, employee in blocks.values_list("pk", "lifted_at", "employee_id"):
        rows["block", pk] = "lifted" if lifted_at else "standing", employee
    cases = Case.objects.filter(**ours)
    for pk, decided_at, employee in cases.values_list("pk", "decided_at", "employee_id"):
        rows["case", pk] = "decided" if decided_at else "open", employee
    registered = ("active", "starts_on", "ends_on", "email", "birth_date")
    for pk, *fields in Employee.objects.filter(**ours).values_list("pk", *registered):
        rows["employee", pk] = repr(fields), pk
    return rows


def told_as(state: str, against: str) -> str:
    """Give a request's state as its events tell it apart."""
    if against == "disowned":
        return "disowned, replaced" if state == "replaced" else against
    return "confirmed, refused" if against and state == "confirmed" else state


def events_due(before: Rows, after: Rows) -> Counter[tuple[str, UUID | None]]:
    """Give the events that the changes between two looks must have written."""
    due: Counter[tuple[str, UUID | None]] = Counter()
    typed = refused_while_typing(before, after)
    for row, (state, employee) in after.items():
        kind, old = row[0], before.get(row, (NOT_YET, None))[0]
        if old == state or (kind == "request" and row[1] in typed):
            continue
        if kind == "employee":
            due["employee:changed", employee] += 1
        elif (kind, old, state) not in QUIET:
            event = EVENT_OF[kind, old, state]
            due[event, None if event == "link:code:requested" else employee] += 1
    return due


def refused_while_typing(before: Rows, after: Rows) -> set[Any]:
    """Give the requests that a try has refused: the event of the wrong code tells why."""
    tried = {row[1][1] for row in after.keys() - before.keys() if row[0] == "try"}
    refused = {
        row[1] for row, (state, _) in after.items() if row[0] == "request" and state == "refused"
    }
    return {each for each in tried & refused if before["request", each][0] != "refused"}


def check_reasons(last: int, before: Rows, after: Rows) -> None:
    for request in PendingCode.objects.filter(pk__in=refused_while_typing(before, after)):
        told = AuditEvent.objects.filter(
            id__gt=last, event="link:code:wrong", reference=request.reference
        )
        assert [event.reason for event in told] == [request.refusal]


def events_since(last: int, places: Sequence[Organisation]) -> Counter[tuple[str, UUID | None]]:
    events = AuditEvent.objects.filter(id__gt=last, organisation_id__in=[p.pk for p in places])
    of_rows = events.exclude(event__in=OF_SESSIONS).values_list("event", "employee_id")
    return Counter(of_rows)


def last_event() -> int:
    newest = AuditEvent.objects.values_list("id", flat=True).first()  # newest first
    return newest or 0


def within(moments: Sequence[datetime], span: timedelta, now: datetime) -> int:
    return sum(now - span < moment <= now for moment in moments)


def check_mails(places: Sequence[Organisation]) -> None:
    """A-05: what somebody asked for: one code a minute, three mails an hour and five a day."""
    asked_for = OutgoingMail.objects.filter(organisation__in=places, kind__in=("code", "conflict"))
    by_employee: dict[Any, list[OutgoingMail]] = {}
    for mail in asked_for.order_by("created_at"):
        by_employee.setdefault(mail.employee_id, []).append(mail)
    for mails in by_employee.values():
        moments = [mail.created_at for mail in mails]
        codes = [mail.created_at for mail in mails if mail.kind == "code"]
        for moment in moments:
            assert within(moments, HOUR, moment) <= 3
            assert within(moments, DAY, moment) <= 5
            assert within(codes, timedelta(minutes=1), moment) <= 1


def check_codes(places: Sequence[Organisation]) -> None:
    """Three codes an hour and six a day for each eID, and three employees."""
    granted = PendingCode.objects.filter(organisation__in=places, mail__isnull=False)
    by_person: dict[bytes, list[tuple[datetime, Any]]] = {}
    for request in granted:
        assert request.decided_at
        entry = (request.decided_at, request.employee_id)
        by_person.setdefault(bytes(request.fingerprint), []).append(entry)
    for codes in by_person.values():
        moments = [moment for moment, _employee in codes]
        for moment in moments:
            assert within(moments, HOUR, moment) <= 3
            assert within(moments, DAY, moment) <= 6
            assert len({whose for at, whose in codes if moment - DAY < at <= moment}) <= 3


def check_tries(places: Sequence[Organisation]) -> None:
    """A-03: the wrong codes up to the newest, since whoever may lift a block last did."""
    tries = CodeTry.objects.filter(organisation__in=places, forgiven=False).order_by("id")
    newest = tries.last()
    if newest is None:
        return
    lifts = Block.objects.filter(organisation__in=places, lifted_at__lt=newest.tried_at)

    def count(span: timedelta, subject: dict[str, Any], **budgets: Any) -> int:
        lifted = lifts.filter(**subject, **budgets).values_list("lifted_at", flat=True)
        since = max([newest.tried_at - span, *[at for at in lifted if at]])
        return tries.filter(**subject, tried_at__gt=since).count()

    person = {"fingerprint": newest.fingerprint}
    assert count(DAY, person, budget__in=("person", "person-day")) <= 5
    assert count(9999 * DAY, person, budget="person") <= 10
    if newest.employee_id is None:
        return
    employee = {"employee": newest.employee_id}
    assert count(DAY, employee, budget__in=("employee-day", "employee-month")) <= 10
    assert count(30 * DAY, employee, budget="employee-month") <= 20
    compared = {"organisation": newest.organisation_id, "employee__isnull": False}
    lifted = lifts.filter(budget="organisation-day", organisation=newest.organisation_id)
    since = max([newest.tried_at - DAY, *[block.lifted_at for block in lifted if block.lifted_at]])
    assert tries.filter(**compared, tried_at__gt=since).count() <= 100
