"""The line in the administration's header that says which purpose holds."""

from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import reverse
from django.utils import timezone

from accounts.purposes.asking import looked_at
from accounts.purposes.standing import Standing, standing

register = template.Library()
# Of a page about more people than these, what is changed is changed for everybody.
_FEW = 2


@register.inclusion_tag("admin/purposes/line.html", takes_context=True)
def standing_purpose(context: dict[str, Any]) -> dict[str, Any]:
    """Tell what holds for whom the page is about; on other pages, what was told last."""
    request = context.get("request")
    if request is None or context.get("asks_purpose"):
        return {}
    held = standing(request.session, now=timezone.now())
    people = looked_at(request)
    shown = next((each for each in held if not people or any(map(each.covers, people))), None)
    few = people if len(people) <= _FEW else ()
    query = f"?{urlencode({'people': ' '.join(sorted(map(str, few)))})}" if few else ""
    return {"shown": shown, "change": f"{reverse('purpose')}{query}"}


@register.filter
def how_many(shown: Standing) -> int:
    """For how many people it holds; 0: for everybody."""
    return len(shown.people or ())
