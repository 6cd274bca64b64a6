"""Two organisations with the same of everything, and the people of the roles in them."""

import time
from dataclasses import dataclass, field

from django.contrib.auth.hashers import make_password
from django.db.models import Model
from django.test import Client

from accounts.models import Employee, Organisation, User
from accounts.roles import Role
from accounts.sessions import EID_USED_AT, LEVEL, OIDC_SID
from audit.events import Event
from linking.models import Case
from tests.administrators import hold_purpose, sign_in
from tests.factories import (
    make_block,
    make_case,
    make_employee,
    make_event,
    make_grant,
    make_import,
    make_invitation,
    make_link,
    make_look_digest,
    make_mail,
    make_organisation,
    make_pending_code,
)

BACKEND = "linking.idporten.IDPortenBackend"


@dataclass
class World:
    """One organisation: `marks` stand on no page of another's."""

    organisation: Organisation
    word: str
    rows: dict[str, Model] = field(default_factory=dict)

    @property
    def marks(self) -> list[str]:
        return [self.word, *(str(row.pk) for row in self.rows.values() if len(str(row.pk)) > 30)]

    def key(self, model: str, page: str) -> str:
        """Give the key of the row that a page such as `delete` of a model is about."""
        if model == "linking_fingerprintkey":
            return "no-such-key"  # no organisation's
        return str(self.rows.get(f"{model}_{page}", self.rows[model]).pk)


def make_world(slug: str, word: str) -> World:
    organisation = make_organisation(
        slug=slug, name=f"{word} kommune", host=f"{slug}.localhost", support_email="x@x.example"
    )
    stuck = _employee(organisation, word, department=f"{word}skolen")
    request = make_pending_code(employee=stuck, reference=f"{word[0].upper()}XXX-7Q")
    event = make_event(
        Event.CODE_SENT,
        organisation_id=organisation.pk,
        employee_id=stuck.pk,
        actor="system",
        reference=request.reference,
        details={"note": word},
    )
    left = _employee(organisation, word, active=False)
    make_event(Event.LINK_EXPIRED, organisation_id=organisation.pk, employee_id=left.pk)
    auditor = _employee(organisation, word)
    invitation = make_invitation(employee=_employee(organisation, word))
    return World(
        organisation,
        word,
        {
            "accounts_organisation": organisation,
            "accounts_employee": stuck,
            "accounts_employee_delete": left,
            "accounts_employee_rehire": _employee(organisation, word, active=False),
            "accounts_rolegrant": make_grant(
                employee=auditor, role=Role.AUDITOR, organisation=organisation
            ),
            "accounts_user": User.objects.get(employee=auditor),
            "linking_linkedidentity": make_link(employee=stuck),
            "linking_pendingcode": request,
            "linking_outgoingmail": make_mail(pending_code=request),
            "linking_case": make_case(kind=Case.Kind.NOT_ME, employee=stuck, request=request),
            "linking_block": make_block(request=request),
            "linking_campaign": invitation.campaign,
            "linking_invitation": invitation,
            "audit_auditevent": event,
            "linking_lookdigest": make_look_digest(organisation=organisation, actor=auditor),
            "accounts_import": make_import(organisation=organisation, source=f"{word}.csv"),
            "accounts_import_undo": make_import(
                organisation=organisation, source=f"{word}.csv", state="applied"
            ),
        },
    )


def make_colleague(world: World, name: str, role: Role | None) -> User:
    employee = make_employee(organisation=world.organisation, first_name=name, last_name="Ås")
    user = User.objects.create(employee=employee, password=make_password(None))
    make_link(employee=employee)
    if role is not None:
        make_grant(user=user, role=role, organisation=world.organisation)
    user.refresh_from_db()
    return user


def make_local(username: str, **grant: object) -> User:
    """A local user; with `role=` one who has it."""
    user = User.objects.create(username=username, password=make_password(None))
    if grant:
        make_grant(user=user, **grant)
    user.refresh_from_db()
    return user


def browser_of(user: User | None, host: str = "127.0.0.1") -> Client:
    """Whoever is in: a local user by a second factor, an employee at home by a high eID."""
    employee = user.employee if user is not None else None
    if employee is not None:
        host = employee.organisation.host
    client = Client(headers={"host": host, "accept-language": "en"})
    if user is not None and employee is None:
        sign_in(client, user)
    elif user is not None:
        client.force_login(user, backend=BACKEND)
        session = client.session
        session.update({OIDC_SID: "sid", LEVEL: "high", EID_USED_AT: time.time()})
        hold_purpose(session)
        session.save()
    return client


def _employee(organisation: Organisation, word: str, **fields: object) -> Employee:
    number = Employee.objects.count()
    return make_employee(
        organisation=organisation,
        first_name=f"{word}ulf",
        last_name=f"{word}mark",
        employee_number=f"{word}{number}",
        email=f"{word.lower()}{number}@x.example",
        **fields,
    )
