"""What somebody inside may ask a list for: its own filters, and nothing that is a 500."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.roles import Role
from tests.accounts.worlds import World, browser_of, make_colleague
from tests.factories import make_administrator, make_employee

NUL = "\0"


@pytest.fixture
def root(db: None) -> Client:
    return browser_of(make_administrator())


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("model", "lookup"),
    [
        ("accounts_employee", "national_id_fingerprint__isnull"),
        ("accounts_employee", "last_name__regex"),
        ("linking_pendingcode", "number_fingerprints__key__startswith"),
        ("linking_pendingcode", "code_hash__isnull"),
        ("linking_linkedidentity", "fingerprint__gt"),
        ("linking_case", "requester__startswith"),
    ],
)
def test_no_list_answers_questions_about_columns_that_it_does_not_show(
    eksempel: World, model: str, lookup: str
) -> None:
    sara = browser_of(make_colleague(eksempel, "Sara", Role.SUPPORT))
    assert sara.get(reverse(f"admin:{model}_changelist"), {lookup: "1"}).status_code == 400


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("model", "query"),
    [
        ("accounts_employee", {"department": NUL}),
        ("accounts_user", {"is_active__exact": NUL}),
        ("accounts_rolegrant", {"role__exact": NUL}),
        ("accounts_organisation", {"minimum_assurance__exact": NUL}),
        ("linking_pendingcode", {"state__exact": NUL}),
        ("linking_pendingcode", {"requested_at__year": "99999"}),
        ("linking_case", {"kind__regex": "((("}),
    ],
)
def test_a_filter_that_cannot_be_is_left_out(
    root: Client, model: str, query: dict[str, str]
) -> None:
    make_employee(department="Skolen")  # without one, the list has no such filter
    answer = root.get(reverse(f"admin:{model}_changelist"), query)
    assert (answer.status_code, answer.headers["Location"][-4:]) == (302, "?e=1")


@pytest.mark.django_db
def test_completion_takes_whatever_is_typed(root: Client) -> None:
    query = {"app_label": "accounts", "model_name": "rolegrant", "field_name": "user"}
    assert root.get(reverse("admin:autocomplete"), query | {"term": NUL}).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["x", NUL, "9" * 40])
def test_an_action_on_what_is_no_key_is_refused(root: Client, key: str) -> None:
    for model in ("accounts_employee", "accounts_user"):
        posted = {"action": "sign_out", "_selected_action": key}
        answer = root.post(reverse(f"admin:{model}_changelist"), posted)
        assert answer.status_code == 400


@pytest.mark.django_db
def test_a_fingerprint_key_that_cannot_be_is_not_there(root: Client) -> None:
    page = reverse("admin:linking_fingerprintkey_change", args=[NUL])
    assert root.get(page).status_code == 302
