"""A file whose columns nobody knows: told once, remembered for the organisation."""

from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from accounts.imports.models import ColumnNames, Import
from accounts.models import Employee, Organisation
from accounts.roles import Role
from tests.accounts.imports.files import INGRIDS_NUMBER, csv, xlsx
from tests.accounts.worlds import browser_of, make_local
from tests.digits import stand_alone
from tests.factories import make_organisation
from tests.linking.hr import upload, work

pytestmark = pytest.mark.django_db
HEADER = ("Ressursnr", "Fornavn", "Etternavn", "Jobbmail", "Stilling", "Fnr", "Pnr")
PERSON = ("1001", "Ingrid", "Bergtun", "ingrid@k.example", "Lærer", INGRIDS_NUMBER, "08131")
MEANT = ("employee_number", "first_name", "last_name", "email", "ignored", "national_id", "ignored")
TOLD = {f"column-{at}": column for at, column in enumerate(MEANT)} | {
    f"name-{at}": name for at, name in enumerate(HEADER)
}


@pytest.fixture
def rune(organisation: Organisation) -> Client:
    return browser_of(make_local("rune", role=Role.REGISTRAR, organisation=organisation))


@pytest.mark.parametrize("make", [csv, xlsx])
def test_unknown_columns_are_asked_about_with_samples_and_no_number(
    rune: Client, organisation: Organisation, make: object
) -> None:
    file = make(PERSON, header=HEADER)  # type: ignore[operator]
    html = upload(rune, organisation, file).content.decode()
    assert "What is each column?" in html
    assert "Lærer" in html
    assert INGRIDS_NUMBER not in html
    assert not stand_alone("08131", html)  # the last five digits, in a column of their own
    assert not Import.objects.exists()


def test_what_is_told_is_remembered_for_this_organisation_alone(
    rune: Client, organisation: Organisation
) -> None:
    file = csv(PERSON, header=HEADER)
    assert upload(rune, organisation, file, **TOLD).status_code == 302
    assert work().new == 1
    assert upload(rune, organisation, file).status_code == 302
    names = ColumnNames.objects.get(organisation=organisation).names
    assert names == {
        "ressursnr": "employee_number", "jobbmail": "email", "stilling": "ignored",
        "fnr": "national_id", "pnr": "ignored",
    }  # fmt: skip
    other = make_organisation()
    anne = browser_of(make_local("anne", role=Role.REGISTRAR, organisation=other))
    assert "What is each column?" in upload(anne, other, file).content.decode()


def test_another_file_than_that_of_the_choices_is_asked_about_anew(
    rune: Client, organisation: Organisation
) -> None:
    turned = csv(PERSON[::-1], header=HEADER[::-1])
    answer = upload(rune, organisation, turned, **TOLD)
    assert "What is each column?" in answer.content.decode()
    assert not ColumnNames.objects.exists()


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"column-0": "ignored"}, "Nothing is chosen for: employee number"),
        ({"column-4": "email"}, "Chosen twice: e-mail"),
        ({"column-4": "salary"}, "not one of the available choices"),
        ({"column-4": ""}, "This field is required"),
    ],
)
def test_a_wrong_choice_is_told_and_the_others_are_kept(
    rune: Client, organisation: Organisation, told: dict[str, str], sentence: str
) -> None:
    answer = upload(rune, organisation, csv(PERSON, header=HEADER), **(TOLD | told))
    html = answer.content.decode()
    assert sentence in html
    assert '<option value="national_id" selected>' in html
    assert not ColumnNames.objects.exists()


def test_the_choices_can_be_made_again(rune: Client, organisation: Organisation) -> None:
    file = csv(PERSON, header=HEADER)
    upload(rune, organisation, file, **TOLD)
    assert "What is each column?" in upload(rune, organisation, file, choose="on").content.decode()
    upload(rune, organisation, file, **(TOLD | {"column-4": "department"}))
    work()
    assert ColumnNames.objects.get().names["stilling"] == "department"


def test_a_file_without_a_header_shows_nothing_of_its_first_person(
    rune: Client, organisation: Organisation
) -> None:
    answer = upload(rune, organisation, csv(PERSON, header=PERSON))
    html = answer.content.decode()
    assert "must name the columns" in html
    assert INGRIDS_NUMBER not in html
    assert "Lærer" not in html


def test_the_command_knows_the_names_too(
    rune: Client, organisation: Organisation, tmp_path: Path
) -> None:
    upload(rune, organisation, csv(PERSON, header=HEADER), **TOLD)
    file = tmp_path / "people.csv"
    file.write_bytes(csv(PERSON, header=HEADER))
    call_command("import_employees", str(file), "--organisation", organisation.slug)
    assert Employee.objects.get().employee_number == "1001"
