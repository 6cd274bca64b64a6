"""Which organisations a user's roles reach."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Permission
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.access import everywhere, organisations, scope
from accounts.models import Employee, Organisation, User
from accounts.roles import PERMISSIONS, PORTAL_WIDE, Role, in_words
from tests.accounts.worlds import make_local
from tests.factories import make_administrator, make_employee, make_grant, make_organisation

pytestmark = pytest.mark.django_db
SEE = "accounts.view_employee"


@pytest.fixture
def eksempel() -> Organisation:
    return make_organisation()


@pytest.fixture
def fjordvik() -> Organisation:
    return make_organisation()


def fresh(user: User) -> User:
    """As the next request has it."""
    return User.objects.get(pk=user.pk)


def test_every_permission_of_a_role_is_one_that_exists() -> None:
    known = {
        f"{label}.{name}"
        for label, name in Permission.objects.values_list("content_type__app_label", "codename")
    }
    assert frozenset().union(*PERMISSIONS.values()) <= known
    assert known >= PORTAL_WIDE
    assert set(PERMISSIONS) == set(Role)
    assert len({str(in_words(role)) for role in Role}) == len(Role)


def test_an_administrator_may_all_that_any_other_role_may() -> None:
    assert all(PERMISSIONS[Role.ADMINISTRATOR] >= PERMISSIONS[role] for role in Role)
    reads = PERMISSIONS[Role.SUPPORT] | PERMISSIONS[Role.AUDITOR]
    assert all(".view_" in permission for permission in reads - {"audit.export_auditevent"})


def test_a_role_reaches_its_own_organisation(
    eksempel: Organisation, fjordvik: Organisation
) -> None:
    user = make_local("siri", role=Role.SUPPORT, organisation=eksempel)
    assert list(organisations(user, SEE)) == [eksempel]
    assert list(organisations(user, "accounts.change_employee")) == []
    assert user.has_perm(SEE)
    assert user.has_module_perms("linking")
    assert not user.has_perm("accounts.change_employee")
    assert not everywhere(user, SEE)


def test_a_role_on_the_whole_portal_reaches_all(
    eksempel: Organisation, fjordvik: Organisation
) -> None:
    user = make_local("siri", role=Role.SUPPORT)
    assert set(organisations(user, SEE)) == {eksempel, fjordvik}
    assert everywhere(user, SEE)


def test_what_is_no_organisations_needs_the_whole_portal(eksempel: Organisation) -> None:
    here = make_local("anne", role=Role.ADMINISTRATOR, organisation=eksempel)
    all_over = make_local("pia", role=Role.ADMINISTRATOR)
    for permission in PORTAL_WIDE:
        assert [here.has_perm(permission), all_over.has_perm(permission)] == [False, True]


def test_a_superuser_sees_all_and_nobody_else_sees_anything(eksempel: Organisation) -> None:
    superuser = make_administrator()
    assert list(organisations(superuser, SEE)) == [eksempel]
    for somebody in (AnonymousUser(), make_local("eva")):
        assert list(organisations(somebody, SEE)) == []
        assert not somebody.has_perm(SEE)
        assert not somebody.has_module_perms("accounts")
    User.objects.update(is_active=False)
    assert not organisations(fresh(superuser), SEE).exists()


def test_a_single_permission_beside_the_roles_gives_nothing(eksempel: Organisation) -> None:
    user = make_local("eva")
    user.user_permissions.add(Permission.objects.get(codename="view_employee"))
    assert not fresh(user).has_perm(SEE)
    assert not fresh(user).has_module_perms("accounts")


@pytest.mark.parametrize(
    "fields",
    [
        {"active": False},
        {"ends_on": timezone.localdate() - timedelta(days=1)},
        {"starts_on": timezone.localdate() + timedelta(days=1)},
    ],
)
def test_a_role_of_somebody_who_is_not_employed_gives_nothing(
    eksempel: Organisation, fields: dict[str, Any]
) -> None:
    employee = make_employee(organisation=eksempel)
    user = make_grant(employee=employee, organisation=eksempel).user
    assert user.has_perm(SEE)
    Employee.objects.filter(pk=employee.pk).update(**fields)
    assert not fresh(user).has_perm(SEE)
    assert not organisations(fresh(user), SEE).exists()


def test_rows_are_scoped_by_the_path_to_their_organisation(
    eksempel: Organisation, fjordvik: Organisation
) -> None:
    user = make_local("siri", role=Role.SUPPORT, organisation=eksempel)
    mine, _theirs = make_employee(organisation=eksempel), make_employee(organisation=fjordvik)
    assert list(scope(Employee.objects.all(), user, SEE)) == [mine]
    assert list(scope(Organisation.objects.all(), user, SEE, path="pk")) == [eksempel]
    assert not scope(User.objects.all(), user, SEE, path=None).exists()


def test_roles_are_read_once_for_a_request(eksempel: Organisation) -> None:
    user = make_local("siri", role=Role.SUPPORT, organisation=eksempel)
    with CaptureQueriesContext(connection) as queries:
        for permission in PERMISSIONS[Role.ADMINISTRATOR]:
            user.has_perm(permission)
            everywhere(user, permission)
    assert len(queries) == 1


@pytest.mark.parametrize("place", ["here", "everywhere"])
def test_a_role_is_had_once(eksempel: Organisation, place: str) -> None:
    organisation = eksempel if place == "here" else None
    user = make_local("siri", role=Role.SUPPORT, organisation=organisation)
    with pytest.raises(IntegrityError, match="role_granted_once"):
        make_grant(user=user, role=Role.SUPPORT, organisation=organisation)


def test_there_are_no_other_roles(eksempel: Organisation) -> None:
    with pytest.raises(IntegrityError, match="role_is_known"):
        make_local("siri", role="owner", organisation=eksempel)
