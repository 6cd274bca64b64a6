"""The panels of the administration's first page."""

from typing import Any

from django import template
from django.utils import timezone

from linking.dashboard import Panel, panels

register = template.Library()


@register.simple_tag(takes_context=True)
def dashboard(context: dict[str, Any]) -> list[Panel]:
    return panels(context["request"], now=timezone.now())
