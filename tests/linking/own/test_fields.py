"""Each column of each model is in the download, or has the reason why not; a new one needs it."""

import pytest
from django.apps import apps
from django.db.models import Model
from django.utils import translation

from linking.own.fields import SHOWN, TOLD_IN_WORDS
from linking.own.left_out import LEFT_OUT, NOBODYS

MODELS = apps.get_models(include_auto_created=True)


def about_people() -> list[type[Model]]:
    return [model for model in MODELS if model._meta.label not in NOBODYS]


@pytest.mark.parametrize("model", about_people(), ids=lambda model: model._meta.label)
def test_each_column_has_a_decision(model: type[Model]) -> None:
    columns = {field.name for field in model._meta.concrete_fields}
    told = {*SHOWN.get(model, {}), *TOLD_IN_WORDS.get(model, ())}
    left_out = set(LEFT_OUT.get(model, {}))
    assert columns - told - left_out == set()
    assert told & left_out == set()


def test_no_decision_is_about_what_is_not_there() -> None:
    assert set(NOBODYS) - {model._meta.label for model in MODELS} == set()
    assert {*SHOWN, *LEFT_OUT, *TOLD_IN_WORDS} == set(about_people())
    for decisions in (SHOWN, LEFT_OUT):
        for model, columns in decisions.items():
            assert set(columns) - {field.name for field in model._meta.concrete_fields} == set()


@pytest.mark.parametrize("label", NOBODYS)
def test_what_is_nobodys_belongs_to_no_employee(label: str) -> None:
    """Whatever points at a person has its columns decided one by one."""
    pointing = {
        field.related_model._meta.label
        for field in apps.get_model(label)._meta.concrete_fields
        if field.related_model is not None
    }
    of_nobody_employed = {
        *("admin.LogEntry", "mfa.Authenticator", "account.EmailAddress"),
        *("accounts.User_groups", "accounts.User_user_permissions"),
    }
    people = pointing & {"accounts.Employee", "accounts.User"}
    assert not people or label in of_nobody_employed


def test_each_thing_left_out_says_why() -> None:
    reasons = [why for columns in LEFT_OUT.values() for why in columns.values()]
    assert [why for why in (*reasons, *NOBODYS.values()) if len(why) < 10] == []


def test_no_key_stands_for_two_columns() -> None:
    for columns in SHOWN.values():
        keys = [shown.key for shown in columns.values()]
        assert sorted(set(keys)) == sorted(keys)


@pytest.mark.parametrize("language", ["nb", "nn"])
def test_each_column_has_a_label_in_each_language(language: str) -> None:
    alike = {"eID", "import"}
    for columns in SHOWN.values():
        for name, shown in columns.items():
            with translation.override("en"):
                english = str(shown.label)
            with translation.override(language):
                assert str(shown.label) != english or english in alike, name
