"""Two imports, two decisions or two workers at once, and a save while one is applied."""

import io
from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts.imports import actions, reviews, undoing
from accounts.imports.models import Import
from accounts.imports.plan import Plan
from accounts.models import Employee, Organisation, User
from audit.models import AuditEvent
from tests.accounts.imports.files import INGRID, SOLVEIG, csv
from tests.factories import make_administrator, make_organisation
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
NOW = timezone.now()


def importing(organisation: Organisation, content: bytes, **options: Any) -> Callable[[], Plan]:
    def run() -> Plan:
        people = actions.read_people(io.BytesIO(content), keys=settings.FINGERPRINT_KEYS, now=NOW)
        return actions.apply_import(organisation, people, by="test", now=NOW, **options)

    return run


def test_of_the_same_file_applied_by_many_at_once_one_does_it_and_the_others_nothing() -> None:
    organisation = make_organisation()
    people = [(f"{number}", "A", "B", f"{number}@k.example") for number in range(300)]
    plans = at_once([importing(organisation, csv(*people))] * 6)
    assert sorted(len(plan.changes) for plan in plans) == [0] * 5 + [300]
    assert Employee.objects.count() == 300
    assert AuditEvent.objects.filter(event="employee:created").count() == 300
    assert AuditEvent.objects.filter(event="import:applied").count() == 1


def test_two_files_at_once_leave_what_one_of_them_says() -> None:
    organisation = make_organisation()
    importing(organisation, csv(INGRID, SOLVEIG))()
    swapped = csv((*INGRID[:3], SOLVEIG[3]), (*SOLVEIG[:3], INGRID[3]))
    plans = at_once(
        [importing(organisation, swapped), importing(organisation, csv(INGRID, SOLVEIG))]
    )
    assert all(isinstance(plan, Plan) for plan in plans)
    addresses = list(Employee.objects.order_by("employee_number").values_list("email", flat=True))
    assert addresses in ([INGRID[3], SOLVEIG[3]], [SOLVEIG[3], INGRID[3]])


def test_a_save_that_comes_between_plan_and_write_is_kept_and_the_import_refused() -> None:
    organisation = make_organisation()
    importing(organisation, csv(INGRID))()

    def save_elsewhere(_plan: Plan) -> None:
        """In another connection, committed before the import goes on."""
        at_once([lambda: Employee.objects.update(department="Kultur")])

    late = importing(organisation, csv(("1001", "Inga", *INGRID[2:])), tell=save_elsewhere)
    with pytest.raises(actions.RegistryChanged):
        late()
    ingrid = Employee.objects.get()
    assert (ingrid.first_name, ingrid.department) == ("Ingrid", "Kultur")


def test_a_save_under_way_is_waited_for_and_not_overwritten() -> None:
    """The administrator's row is locked when the import comes to it, and is another after it."""
    organisation = make_organisation()
    importing(organisation, csv(INGRID))()
    has_saved = Event()

    def administrator() -> None:
        with transaction.atomic():
            Employee.objects.update(department="Kultur")
            has_saved.set()
            wait_until_somebody_waits_for(connection)

    late = importing(
        organisation,
        csv(("1001", "Inga", *INGRID[2:])),
        tell=lambda _plan: saved_in_time(has_saved),
    )
    outcomes = at_once([administrator, late])
    assert [type(outcome) for outcome in outcomes] == [type(None), actions.RegistryChanged]
    assert Employee.objects.get().department == "Kultur"


def uploading(organisation: Organisation, by: User, *people: tuple[str, ...]) -> Import:
    read = actions.read_people(
        io.BytesIO(csv(*people)), keys=settings.FINGERPRINT_KEYS, now=timezone.now()
    )
    return reviews.begin_import(organisation, read, by=by, now=timezone.now(), source="hr.csv")


def working(key: Any, work: Callable[..., None]) -> Callable[[], None]:
    return lambda: work(key, keys=settings.FINGERPRINT_KEYS, now=timezone.now())


def test_an_import_is_approved_carried_out_and_undone_once_by_however_many() -> None:
    organisation, by = make_organisation(), make_administrator()
    changeset = uploading(organisation, by, INGRID, SOLVEIG)
    at_once([working(changeset.pk, reviews.compare)] * 3)
    changeset.refresh_from_db()
    now = timezone.now()
    approvals = at_once(
        [lambda: reviews.approve(changeset, code=changeset.code, by=by, now=now)] * 4
    )
    refused = [isinstance(each, reviews.NotWaiting) for each in approvals]
    assert sorted(refused) == [False, True, True, True]
    at_once([working(changeset.pk, reviews.carry_out)] * 4)
    assert Employee.objects.count() == 2
    asked = at_once([lambda: undoing.ask_to_undo(changeset, by=by, now=timezone.now())] * 3)
    assert sum(isinstance(each, reviews.NotWaiting) for each in asked) == 2
    at_once([working(changeset.pk, undoing.undo)] * 4)
    assert not Employee.objects.exists()
    for event in ("approved", "applied", "undo-asked", "undone"):
        assert AuditEvent.objects.filter(event=f"import:{event}").count() == 1, event


def test_of_two_files_uploaded_at_once_one_waits() -> None:
    organisation, by = make_organisation(), make_administrator()
    uploading(organisation, by, INGRID)
    at_once([lambda: uploading(organisation, by, INGRID, SOLVEIG)] * 4)
    assert Import.objects.waiting().count() == 1


def test_an_import_is_cancelled_or_approved_but_not_both() -> None:
    organisation, by = make_organisation(), make_administrator()
    changeset = uploading(organisation, by, INGRID)
    working(changeset.pk, reviews.compare)()
    changeset.refresh_from_db()
    now = timezone.now()
    outcomes = at_once(
        [
            lambda: reviews.approve(changeset, code=changeset.code, by=by, now=now),
            lambda: reviews.cancel(changeset, by=by, now=now),
        ]
    )
    assert sum(isinstance(each, reviews.NotWaiting) for each in outcomes) == 1
    working(changeset.pk, reviews.carry_out)()
    assert Employee.objects.count() == (outcomes[0] is None)


def saved_in_time(has_saved: Event) -> None:
    assert has_saved.wait(30)


def wait_until_somebody_waits_for(holder: Any) -> None:
    with holder.cursor() as cursor:
        for _look in range(100_000):
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE NOT granted"
                " AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
            )
            if cursor.fetchone()[0]:
                return
    raise AssertionError("nobody waits")
