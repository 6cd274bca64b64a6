"""Figures as people read them."""

from django import template
from django.utils.formats import number_format

register = template.Library()


@register.filter
def grouped(number: int) -> str:
    """Give a number as the language writes it: 1 234 or 1,234."""
    return str(number_format(number, force_grouping=True))
