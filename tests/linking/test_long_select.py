"""The selects of the log's form: the same HTML as Django's, which takes much longer."""

from typing import Any

import pytest
from django import forms
from pytest_django.asserts import assertHTMLEqual

from linking.logbook.asking import LongSelect

CHOICES = [
    ("", "Everything"),
    ('Links "and" <codes>', [("link:made", "A <b>link</b> & more"), ("a'b", "Link’s end")]),
    ("4", "Fourth"),
]


@pytest.mark.parametrize("value", ["", None, "link:made", "4", "not there"])
@pytest.mark.parametrize("attrs", [{}, {"id": "id_what", "required": True, "title": '"<&'}])
def test_the_html_is_djangos(value: Any, attrs: dict[str, Any]) -> None:
    ours = LongSelect(choices=CHOICES).render("what", value, attrs)

    assertHTMLEqual(ours, forms.Select(choices=CHOICES).render("what", value, attrs))
