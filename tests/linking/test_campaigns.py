"""Inviting many: who is left out, how often somebody is reminded, and what a campaign shows."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Employee, Organisation, User
from accounts.roles import Role
from audit.models import AuditEvent
from devtools.mailbox import Mailbox
from linking import actions, delivery
from linking.actions.campaigns import LeftOut
from linking.emails import compose
from linking.models import Campaign, Invitation, OutgoingMail
from tests.accounts.worlds import World, browser_of, make_colleague, make_world
from tests.factories import (
    make_employee,
    make_grant,
    make_invitation,
    make_link,
    make_mail,
    make_organisation,
)
from tests.journeys.invited import invitation_of, invite, path_of
from tests.journeys.visitor import run_worker

pytestmark = pytest.mark.django_db
NOW = timezone.now()
ADD = "admin:linking_campaign_add"
EMPLOYEES = "admin:accounts_employee_changelist"


def some(organisation: Organisation, count: int = 1) -> list[Employee]:
    return [make_employee(organisation=organisation) for _ in range(count)]


@pytest.fixture
def world() -> World:
    return make_world("eksempel-kommune", "Fjordmark")


@pytest.fixture
def anne(world: World) -> Client:
    return browser_of(make_colleague(world, "Anne", Role.ADMINISTRATOR))


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_a_plan_counts_who_is_left_out_and_why_and_inviting_does_as_it_says() -> None:
    organisation = make_organisation()
    new, left, linked, waiting, recent, bounced, moved, stopped = some(organisation, 8)
    Employee.objects.filter(pk=left.pk).update(active=False)
    make_link(employee=linked)
    make_link(employee=waiting, state="pending")
    make_invitation(employee=recent)
    long_ago = {"invited_at": NOW - timedelta(days=5), "failed_at": NOW}
    make_invitation(employee=bounced, **long_ago)
    make_invitation(employee=moved, recipient="old@x.example", **long_ago)
    make_invitation(employee=stopped, end="stopped", ended_at=NOW)
    everybody = Employee.objects.filter(organisation=organisation)
    plan = actions.plan_invitations(everybody, now=NOW)
    assert plan.invited == 3
    assert plan.left_out == {
        LeftOut.NOT_EMPLOYED: 1,
        LeftOut.LINKED: 2,
        LeftOut.RECENT: 1,
        LeftOut.BOUNCED: 1,
    }
    campaign = invite(new, left, linked, waiting, recent, bounced, moved, stopped)
    invited = Invitation.objects.filter(campaign=campaign)
    assert {each.employee for each in invited} == {new, moved, stopped}
    assert campaign.invited == 3
    assert AuditEvent.objects.filter(event="invitation:created").count() == 3
    with pytest.raises(actions.NobodyToInvite):
        invite(new, moved, stopped)


def test_a_new_invitation_ends_the_older_one() -> None:
    employee = make_employee()
    older = make_invitation(employee=employee, invited_at=NOW - timedelta(days=5))
    invite(employee)
    older.refresh_from_db()
    assert (older.end, invitation_of(employee).end) == ("replaced", "")


def test_those_who_are_not_linked_are_reminded_after_a_week_and_before_the_end() -> None:
    organisation = make_organisation()
    lagging, linked, failed, moved, quiet = some(organisation, 5)
    invite(lagging, linked, failed, moved, now=NOW)
    invite(quiet, now=NOW, reminders=False)
    Invitation.objects.exclude(employee=failed).update(sent_at=NOW)
    Invitation.objects.filter(employee=linked).update(ended_at=NOW, end="used")
    Employee.objects.filter(pk=moved.pk).update(email="new@x.example")
    reminded: list[int] = []
    for hours in range(0, 14 * 24 + 1, 6):
        actions.tend_invitations(now=NOW + timedelta(hours=hours))
        mails = OutgoingMail.objects.filter(kind="reminder")
        if mails.count() > len(reminded):
            reminded.append(hours)
    assert reminded == [7 * 24, 12 * 24]
    assert set(mails.values_list("employee", flat=True)) == {lagging.pk}
    assert invitation_of(lagging).end == "expired"
    assert not Invitation.objects.filter(ended_at__isnull=True).exists()
    assert AuditEvent.objects.filter(event="invitation:reminded").count() == 2


def test_reminders_go_in_batches() -> None:
    employees = some(make_organisation(), 5)
    invite(*employees, now=NOW)
    Invitation.objects.update(sent_at=NOW)
    week = NOW + timedelta(days=7)
    assert [actions.tend_invitations(now=week, limit=2) for _ in range(4)] == [2, 2, 1, 0]


def test_the_button_reminds_nobody_twice_a_day() -> None:
    employee = make_employee()
    campaign = invite(employee, now=NOW)
    Invitation.objects.update(sent_at=NOW)
    hours = (1, 24, 25, 48)
    sent = [
        actions.remind(campaign, by="system", now=NOW + timedelta(hours=each)) for each in hours
    ]
    assert sent == [0, 1, 0, 1]


def test_after_a_new_secret_key_the_old_link_works_until_a_reminder_brings_a_newer(
    settings: Any,
) -> None:
    employee = make_employee()
    campaign = invite(employee, now=NOW - timedelta(days=2))
    Invitation.objects.update(sent_at=NOW)
    old = path_of(invitation_of(employee))
    settings.SECRET_KEY = "another-key-that-is-long-enough-for-anybody-who-asks"
    browser = Client(headers={"host": employee.organisation.host})
    assert browser.get(old).status_code == 200
    actions.remind(campaign, by="system", now=NOW)
    assert browser.get(path_of(invitation_of(employee))).status_code == 200
    assert browser.get(old).status_code == 404


def test_a_stopped_campaign_ends_what_is_open_and_sends_no_more() -> None:
    organisation = make_organisation()
    open_one, used = some(organisation, 2)
    campaign = invite(open_one, used)
    Invitation.objects.filter(employee=used).update(ended_at=NOW, end="used")
    assert actions.stop_campaign(campaign, by="system", now=NOW)
    assert not actions.stop_campaign(campaign, by="system", now=NOW)
    assert (invitation_of(open_one).end, invitation_of(used).end) == ("stopped", "used")
    assert set(OutgoingMail.objects.values_list("state", flat=True)) == {"failed"}
    assert AuditEvent.objects.filter(event="campaign:stopped").count() == 1


# --- The outbox ----------------------------------------------------------------------------------


def test_codes_do_not_wait_behind_invitations() -> None:
    """However many there are, a sweep takes 30 of them, and after everything else."""
    invite(*some(make_organisation(), 40), now=NOW - timedelta(minutes=1))
    code = make_mail(next_attempt_at=NOW)
    woken: list[Any] = []
    later = NOW + timedelta(seconds=10)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delivery, "wake", lambda _task, pk: woken.append(pk))
        delivery.sweep(now=later)
    mails = [pk for pk in woken if OutgoingMail.objects.filter(pk=pk).exists()]
    assert len(mails) == 1 + delivery.BULK_LIMIT
    assert mails[0] == code.pk


@pytest.mark.parametrize(
    "change",
    [
        lambda e: Invitation.objects.update(ended_at=NOW, end="linked"),
        lambda e: Employee.objects.filter(pk=e.pk).update(email="new@x.example"),
        lambda e: Employee.objects.filter(pk=e.pk).update(active=False),
    ],
)
def test_what_is_not_true_any_more_is_not_mailed(mailbox: Mailbox, change: Any) -> None:
    employee = make_employee()
    invite(employee)
    change(employee)
    run_worker()
    assert mailbox.mails == []
    assert OutgoingMail.objects.get().state == "failed"
    assert invitation_of(employee).sent_at is None


@pytest.mark.parametrize(
    ("language", "name"), [("nb", "veiledning.pdf"), ("nn", "rettleiing.pdf"), ("en", "guide.pdf")]
)
def test_the_mail_says_what_to_do_in_the_employees_language_and_brings_the_guide(
    language: str, name: str
) -> None:
    employee = make_employee(language=language, first_name="Åse & Co")
    asked = {"note": "Vi bytter <innlogging>.", "deadline": date(2099, 5, 17)}
    campaign = invite(employee, now=NOW - timedelta(days=2), **asked)
    Invitation.objects.update(sent_at=NOW)
    actions.remind(campaign, by="system", now=NOW)
    invited, reminder = (
        compose(mail, code_key=b"") for mail in OutgoingMail.objects.order_by("created_at")
    )
    link = employee.organisation.base_url + path_of(invitation_of(employee))
    for message in (invited, reminder):
        html = str(message.alternatives[0][0])
        assert message.body.count(link) == 1
        assert html.count(f'href="{link}"') == 2
        assert "Vi bytter <innlogging>." in message.body
        assert "Vi bytter &lt;innlogging&gt;." in html
        assert "Åse & Co" in message.body
        assert "2099" in message.body
        assert "link/not-me" not in message.body
        assert link.split("/")[4] not in message.subject
    assert [each[0] for each in invited.attachments] == [name]
    assert reminder.attachments == []


def test_an_address_that_the_mail_server_refuses_shows_as_failed(mailbox: Mailbox) -> None:
    employee = make_employee()
    invite(employee)
    mailbox.answer_next("550 5.1.1 no such mailbox", stage="rcpt")
    run_worker()
    mail = OutgoingMail.objects.get()
    assert (mail.state, invitation_of(employee).sent_at) == ("failed", None)
    assert invitation_of(employee).failed_at is not None


# --- The administration --------------------------------------------------------------------------


def test_chosen_employees_are_invited_after_a_page_that_says_how_many(
    anne: Client, world: World
) -> None:
    employees = some(world.organisation, 3)
    make_link(employee=employees[0])
    selection = {"action": "invite", "_selected_action": [str(each.pk) for each in employees]}
    page = text(anne.post(reverse(EMPLOYEES), selection))
    assert "2 employees of Fjordmark kommune get an invitation." in page
    assert "1: linked already, or waiting for approval" in page
    assert not Campaign.objects.filter(invited=2).exists()
    asked = {"confirm": "x", "note": "Hei", "deadline": "2099-01-01", "reminders": "on"}
    answer = anne.post(reverse(EMPLOYEES), selection | asked)
    campaign = Campaign.objects.get(invited=2)
    assert answer.headers["Location"] == reverse(
        "admin:linking_campaign_change", args=[campaign.pk]
    )
    assert (campaign.note, campaign.deadline) == ("Hei", date(2099, 1, 1))
    again = anne.post(reverse(EMPLOYEES), selection | asked, follow=True)
    assert "There was nobody to invite." in text(again)
    assert Campaign.objects.filter(organisation=world.organisation).count() == 2


def test_all_of_a_filter_are_invited_though_they_are_more_than_a_page(
    anne: Client, world: World
) -> None:
    for each in some(world.organisation, 60):
        Employee.objects.filter(pk=each.pk).update(department="Skole")
    address = f"{reverse(EMPLOYEES)}?department=Skole"
    selection = {"action": "invite", "select_across": "1", "_selected_action": "x"}
    one = Employee.objects.filter(department="Skole")[0]
    selection["_selected_action"] = str(one.pk)
    assert "60 employees" in text(anne.post(address, selection))
    anne.post(address, selection | {"confirm": "x"})
    assert Campaign.objects.filter(invited=60).exists()


def test_all_who_are_not_linked_are_invited_from_the_campaigns(anne: Client, world: World) -> None:
    some(world.organisation, 2)
    page = text(anne.get(reverse(ADD)))
    assert "employees of Fjordmark kommune get an invitation." in page
    answer = anne.post(reverse(ADD), {"confirm": "x", "deadline": "2001-01-01", "note": "a\0b"})
    assert answer.status_code == 200
    assert "The deadline must be in the future." in text(answer)
    answer = anne.post(reverse(ADD), {"confirm": "x"}, follow=True)
    assert "invitations are on their way." in text(answer)
    assert "How far it has come" in text(answer)


def test_nobody_is_invited_in_another_organisation(anne: Client, world: World) -> None:
    stranger = make_employee()
    selection = {"action": "invite", "_selected_action": str(stranger.pk), "confirm": "x"}
    anne.post(reverse(EMPLOYEES), selection)
    anne.post(reverse(ADD), {"organisation": str(stranger.organisation_id), "confirm": "x"})
    assert not Invitation.objects.filter(employee=stranger).exists()


def test_who_is_only_registrar_here_invites_nobody_here(world: World) -> None:
    """And is administrator elsewhere."""
    user = make_colleague(world, "Rune", Role.REGISTRAR)
    make_grant(user=user, role=Role.ADMINISTRATOR, organisation=make_organisation())
    chosen = some(world.organisation)[0].pk
    browser_of(User.objects.get(pk=user.pk)).post(
        reverse(EMPLOYEES), {"action": "invite", "_selected_action": str(chosen), "confirm": "x"}
    )
    assert not Invitation.objects.filter(employee=chosen).exists()


def test_employees_of_two_organisations_are_not_one_campaign() -> None:
    user = User.objects.create(username="pia", password="!")
    make_grant(user=user, role=Role.ADMINISTRATOR)
    pia = browser_of(User.objects.get(pk=user.pk))
    chosen = [str(make_employee().pk) for _ in range(2)]
    answer = pia.post(
        reverse(EMPLOYEES), {"action": "invite", "_selected_action": chosen}, follow=True
    )
    assert "Choose employees of one organisation" in text(answer)
    assert not Campaign.objects.exists()
    assert "id_organisation" in text(pia.get(reverse(ADD)))
    for sent in ({"organisation": "x"}, {"organisation": "\0", "confirm": "x"}):
        assert pia.post(reverse(ADD), sent).status_code == 200
    assert not Campaign.objects.exists()


@pytest.mark.parametrize(("role", "offered"), [(Role.ADMINISTRATOR, True), (Role.SUPPORT, False)])
def test_only_administrators_invite_and_stop(world: World, role: Role, *, offered: bool) -> None:
    client = browser_of(make_colleague(world, "Kari", role))
    campaign = reverse("admin:linking_campaign_change", args=[world.rows["linking_campaign"].pk])
    assert ("Stop this campaign" in text(client.get(campaign))) is offered
    assert ('value="invite"' in text(client.get(reverse(EMPLOYEES)))) is offered


def test_the_figures_are_those_of_the_lists_behind_them(anne: Client, world: World) -> None:
    employees = some(world.organisation, 4)
    campaign = invite(*employees)
    of = Invitation.objects.filter(campaign=campaign)
    of.exclude(employee=employees[3]).update(sent_at=F("invited_at"))
    of.filter(employee=employees[3]).update(failed_at=F("invited_at"))
    of.filter(employee__in=employees[:2]).update(opened_at=F("invited_at"))
    of.filter(employee=employees[0]).update(
        signed_in_at=F("invited_at"), ended_at=F("invited_at"), end="used"
    )
    make_link(employee=employees[0])
    page = text(anne.get(reverse("admin:linking_campaign_change", args=[campaign.pk])))
    behind = reverse("admin:linking_invitation_changelist")
    expected = {"sent": 3, "failed": 1, "opened": 2, "signed_in": 1, "linked": 1}
    for stage, count in (expected | {"not_linked": 3, "open": 3}).items():
        address = f"{behind}?campaign={campaign.pk}&stage={stage}"
        assert f'{address.replace("&", "&amp;")}"' in page
        listed = text(anne.get(address))
        assert sum(each.email in listed for each in employees) == count, stage
    assert page.count("75 %") == 3


@pytest.mark.parametrize("query", ["campaign=x", "campaign=%00", "stage=x", "stage=%00"])
def test_a_senseless_filter_is_no_error(anne: Client, query: str) -> None:
    address = f"{reverse('admin:linking_invitation_changelist')}?{query}"
    assert anne.get(address).status_code in (200, 302)


def test_a_campaign_is_stopped_and_reminded_of_by_post_alone(anne: Client, world: World) -> None:
    campaign = invite(*some(world.organisation, 2), now=NOW - timedelta(days=2))
    Invitation.objects.update(sent_at=NOW)
    for page in ("remind", "stop"):
        address = reverse(f"admin:linking_campaign_{page}", args=[campaign.pk])
        assert anne.get(address).status_code == 200
        before = OutgoingMail.objects.filter(kind="reminder").count()
        assert Campaign.objects.get(pk=campaign.pk).stopped_at is None
        anne.post(address)
        assert before == (0 if page == "remind" else 2)
    assert Campaign.objects.get(pk=campaign.pk).stopped_at is not None
