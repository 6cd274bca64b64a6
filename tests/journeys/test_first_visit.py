"""The main job over HTTP: sign in, link once, be recognised from then on."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from psycopg import sql

from accounts.models import Employee, Organisation
from audit.models import AuditEvent
from devtools.idporten.server import StandIn
from devtools.mailbox import Mailbox
from linking.models import LinkedIdentity, PendingCode
from tests.factories import fingerprint_of, make_employee, make_link, make_organisation
from tests.journeys.visitor import INGRID, SOLVEIG, Visitor, newest_code, run_worker, text


@pytest.fixture
def ingrid(organisation: Organisation) -> Employee:
    return make_employee(
        organisation=organisation, first_name="Ingrid", last_name="Bergtun", email=INGRID.email
    )


@pytest.fixture
def visitor(idporten: StandIn, ingrid: Employee) -> Visitor:
    return Visitor(idporten)


def test_a_new_employee_links_once_and_is_recognised_from_then_on(
    visitor: Visitor, mailbox: Mailbox, idporten: StandIn
) -> None:
    first = visitor.sign_in()
    assert first.headers["Location"] == "/link/"
    assert visitor.ask_for_code(INGRID.email).headers["Location"] == "/link/code/"
    linked = visitor.post("/link/code/", code=newest_code(mailbox))
    assert linked.headers["Location"] == "/link/done/"
    assert visitor.get("/me/").status_code == 200

    again = Visitor(idporten).sign_in()
    assert again.headers["Location"] == "/me/"


def test_next_survives_the_whole_journey(visitor: Visitor, mailbox: Mailbox) -> None:
    visitor.sign_in(next_url="/help/?topic=1")
    visitor.ask_for_code(INGRID.email)
    visitor.post("/link/code/", code=newest_code(mailbox))
    assert 'href="/help/?topic=1"' in visitor.get("/link/done/").content.decode()


def test_a_linked_employee_goes_straight_on(
    visitor: Visitor, mailbox: Mailbox, idporten: StandIn
) -> None:
    visitor.link(mailbox)
    assert Visitor(idporten).sign_in(next_url="/help/").headers["Location"] == "/help/"


def test_the_mail_names_organisation_and_asker_and_not_the_code_in_its_subject(
    visitor: Visitor, mailbox: Mailbox
) -> None:
    visitor.sign_in()
    visitor.ask_for_code(INGRID.email)
    mail = mailbox.mails[0]
    assert "Eksempel kommune" in mail.text
    assert "Ingrid Bergtun" in mail.text
    assert newest_code(mailbox) not in mail.subject


def test_a_notice_follows_a_new_link(visitor: Visitor, mailbox: Mailbox) -> None:
    visitor.link(mailbox)
    run_worker()
    assert len(mailbox.mails) == 2
    assert LinkedIdentity.objects.get().mails.get().state == "sent"


def test_the_session_key_changes_at_sign_in_and_at_link(visitor: Visitor, mailbox: Mailbox) -> None:
    visitor.to_idporten()
    before = visitor.client.cookies["session"].value
    visitor.sign_in()
    between = visitor.client.cookies["session"].value
    visitor.ask_for_code(INGRID.email)
    visitor.post("/link/code/", code=newest_code(mailbox))
    assert len({before, between, visitor.client.cookies["session"].value}) == 3


def test_every_step_has_its_event(visitor: Visitor, mailbox: Mailbox) -> None:
    visitor.link(mailbox)
    events = list(AuditEvent.objects.order_by("id").values_list("event", flat=True))
    assert events == [
        "sign-in:started",
        "sign-in:unlinked",
        "link:code:requested",
        "link:code:sent",
        "link:made",
    ]


def test_a_linked_sign_in_costs_eight_queries_and_one_request(
    visitor: Visitor, mailbox: Mailbox, idporten: StandIn
) -> None:
    visitor.link(mailbox)
    again = Visitor(idporten)
    callback = idporten.sign_in(again.to_idporten(), INGRID)
    idporten.requests.clear()
    with CaptureQueriesContext(connection) as queries:
        assert again.come_back(callback).headers["Location"] == "/me/"
    statements = [q["sql"] for q in queries if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(statements) <= 8, statements
    assert idporten.requests.count("token") == 1
    assert idporten.requests.count("jwks") == 0


def test_an_older_eid_session_is_asked_to_sign_in_anew_before_linking(
    visitor: Visitor, idporten: StandIn
) -> None:
    def an_hour_ago(claims: dict[str, object]) -> dict[str, object]:
        return claims | {"auth_time": int(str(claims["iat"])) - 3600}

    idporten.faults.id_token.claims.once(an_hour_ago)
    anew = visitor.sign_in().headers["Location"]
    assert anew.startswith(f"{idporten.issuer}/authorize")
    callback = idporten.sign_in(anew, INGRID, browser=visitor.eid_browser)
    assert visitor.come_back(callback).headers["Location"] == "/link/"
    assert idporten.authorizations[-1].prompt == "login"


def test_another_persons_eid_is_not_let_in_by_somebody_elses_link(
    visitor: Visitor, mailbox: Mailbox, idporten: StandIn
) -> None:
    visitor.link(mailbox)
    assert Visitor(idporten).sign_in(SOLVEIG).headers["Location"] == "/link/"


def test_a_link_in_one_organisation_is_nothing_in_another(
    visitor: Visitor, mailbox: Mailbox, idporten: StandIn
) -> None:
    visitor.link(mailbox)
    make_organisation(slug="fjordvik-kommune", host="fjordvik-kommune.localhost")
    elsewhere = Visitor(idporten, host="fjordvik-kommune.localhost")
    assert elsewhere.sign_in().headers["Location"] == "/link/"


def test_the_number_is_stored_nowhere(visitor: Visitor, mailbox: Mailbox) -> None:
    visitor.link(mailbox)
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            every = sql.SQL("SELECT count(*) FROM {} t WHERE t::text LIKE %s")
            cursor.execute(every.format(sql.Identifier(table)), [f"%{INGRID.national_id}%"])
            assert cursor.fetchone() == (0,), table


def test_names_and_birth_date_are_forgotten_when_the_request_ends(
    visitor: Visitor, mailbox: Mailbox
) -> None:
    visitor.link(mailbox)
    request = PendingCode.objects.get()
    assert (request.eid_name, request.eid_birth_date, request.number_fingerprints) == ("", None, {})


def test_sign_out_ends_the_session_here_and_at_idporten(
    visitor: Visitor, mailbox: Mailbox, idporten: StandIn
) -> None:
    visitor.link(mailbox)
    assert f'action="{idporten.issuer}/logout"' in text(visitor.post("/oidc/logout/"))
    assert visitor.get("/me/").status_code == 302


def test_somebody_without_a_link_can_sign_out_too(visitor: Visitor, idporten: StandIn) -> None:
    visitor.sign_in()
    assert visitor.get("/me/").status_code == 403
    assert f'action="{idporten.issuer}/logout"' in text(visitor.post("/oidc/logout/"))
    assert visitor.get("/link/").status_code == 302


def test_a_leaver_is_out_at_once(visitor: Visitor, mailbox: Mailbox, ingrid: Employee) -> None:
    visitor.link(mailbox)
    Employee.objects.filter(pk=ingrid.pk).update(active=False)
    assert visitor.get("/me/").status_code == 302
    assert visitor.sign_in().status_code == 403


def test_removing_my_link_asks_first_and_signs_out(visitor: Visitor, mailbox: Mailbox) -> None:
    visitor.link(mailbox)
    assert visitor.get("/me/unlink/").status_code == 200
    assert LinkedIdentity.objects.get().state == "active"
    visitor.post("/me/unlink/")
    assert LinkedIdentity.objects.get().state == "revoked"
    assert visitor.get("/me/").status_code == 302
    assert visitor.sign_in().headers["Location"] == "/link/"


def test_keys_that_rotate_between_two_sign_ins_do_no_harm(
    visitor: Visitor, mailbox: Mailbox, idporten: StandIn
) -> None:
    visitor.link(mailbox)
    idporten.rotate_keys(announced=False)
    assert Visitor(idporten).sign_in().headers["Location"] == "/me/"


def test_an_expired_link_lets_nobody_in(visitor: Visitor, ingrid: Employee) -> None:
    link = make_link(employee=ingrid, whose=fingerprint_of(INGRID.national_id))
    LinkedIdentity.objects.filter(pk=link.pk).update(expires_at=link.linked_at)
    assert visitor.sign_in().headers["Location"] == "/link/"
