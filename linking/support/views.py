"""The pages of support's look. Names and addresses come by POST: URLs are logged and remembered."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import organisations, scope
from accounts.admin.common import actor
from accounts.log_reading import SEE_PEOPLE
from accounts.models import Employee
from accounts.purposes.asking import purpose_for
from linking import actions
from linking.story import answer, timeline
from linking.support.access import may_read_story, page_of
from linking.support.facts import facts_of
from linking.support.quoted import Quoted, quoted, told_of
from linking.support.search import Found, find, rows_of
from linking.support.steps import steps_for
from linking.support.typed import LONGEST, Kind, Typed, recognise

# Of the last search: keys only, not what was typed.
FOUND = "support_found"


class SearchForm(forms.Form):
    q = forms.CharField(
        label=_("Find an employee"),
        max_length=LONGEST,
        error_messages={"required": _("Type a name, an e-mail, a number or a reference.")},
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """Look for what was typed: one hit is opened, several are listed, none is helped on."""
    if not request.user.has_perm(SEE_PEOPLE):
        raise PermissionDenied
    if request.method != "POST":
        return _search_page(request, SearchForm())
    form, typed = SearchForm(request.POST), recognise(request.POST.get("q", ""))
    # First of all, whatever else is wrong: a number does not come back in the page either.
    if typed.kind == Kind.IDENTITY_NUMBER:
        _note_search(request, typed, Found())
        return _search_page(request, SearchForm(), identity_number=True)
    if not form.is_valid():
        return _search_page(request, form)
    hits = find(typed, request.user)
    _note_search(request, typed, hits)
    if not hits.hits:
        return _search_page(request, form, nothing=True)
    request.session[FOUND] = {
        "people": [str(person.pk) for person in hits.people],
        "reference": hits.quoted.reference if hits.quoted else "",
        "more": hits.more,
    }
    return redirect(_only_hit(request, hits) or reverse("support_found"))


@require_safe
def found(request: HttpRequest) -> HttpResponse:
    """List what the last search found, so that the browser's way back from a person leads here."""
    if not request.user.has_perm(SEE_PEOPLE):
        raise PermissionDenied
    last = request.session.get(FOUND, {})
    rows = rows_of(last.get("people", []), request.user)
    people = [(row, page_of(request.user, row.employee)) for row in rows]
    kept = last.get("reference")
    hit = quoted((kept,), request.user) if kept else None
    return _search_page(request, SearchForm(), people=people, quoted=hit, more=last.get("more"))


@require_safe
def reference(request: HttpRequest, reference: str) -> HttpResponse:
    """Tell what a reference is about, also where nobody knows who it was."""
    if not request.user.has_perm("audit.view_auditevent") or not request.user.has_perm(SEE_PEOPLE):
        raise PermissionDenied
    hit = quoted(recognise(reference).references, request.user)
    if hit is None:
        raise Http404
    employee = hit.employee
    if employee is not None:
        _note_look(request, employee, hit)
    context = {
        "quoted": hit,
        "told": told_of(hit, now=timezone.now()),
        "employee": employee,
        "employee_url": page_of(request.user, employee) if employee else "",
        "row_url": reverse(f"admin:{hit.page}_change", args=[hit.row.pk]),
    }
    return _page(
        request, "reference", _("Reference %(reference)s") % {"reference": hit.reference}, **context
    )


@require_safe
def person(request: HttpRequest, employee_id: UUID) -> HttpResponse:
    """Tell whether somebody can come in, why not, what to do, and what has happened."""
    if not request.user.has_perm("linking.view_pendingcode"):
        raise PermissionDenied
    people = scope(Employee.objects.all(), request.user, SEE_PEOPLE)
    employee = people.select_related("organisation", "user").filter(pk=employee_id).first()
    if employee is None:
        raise Http404
    if not may_read_story(request.user, employee.organisation_id):
        raise PermissionDenied
    now = timezone.now()
    hit = _about(request, employee)
    _note_look(request, employee, hit)
    facts = facts_of(employee, now=now)
    context = {
        "employee": employee,
        "answer": answer(facts, now=now),
        "quoted": hit,
        "told": told_of(hit, now=now) if hit else None,
        "facts": facts,
        "last_used": max(
            (link.last_used_at for link in facts.links if link.approved), default=None
        ),
        "entries": [
            (entry, reverse(f"admin:{entry.page}_change", args=[entry.key]))
            for entry in timeline(facts, now=now)
        ],
        "steps": steps_for(request.user, employee, facts, now=now),
    }
    return _page(request, "person", employee.full_name, **context)


def _note_look(request: HttpRequest, employee: Employee, hit: Quoted | None) -> None:
    """Write the look. A reference is quoted by what was searched for, and not by an address."""
    kept = request.session.get(FOUND, {}).get("reference")
    reference = hit.reference if hit is not None and hit.reference == kept else ""
    why = purpose_for(request, employee.pk, quoted=bool(reference))
    actions.note_view(employee, by=actor(request), now=timezone.now(), reference=reference, why=why)


def _about(request: HttpRequest, employee: Employee) -> Quoted | None:
    """Give what the caller quoted, if it is about this employee."""
    asked = recognise(request.GET.get("reference", "")[:LONGEST])
    hit = quoted(asked.references, request.user)
    return hit if hit is not None and hit.employee == employee else None


def _only_hit(request: HttpRequest, hits: Found) -> str:
    """Give the address of the one thing that was found; nothing where there are several."""
    if hits.hits != 1:
        return ""
    if hits.quoted is None:
        return page_of(request.user, hits.people[0])
    employee = hits.quoted.employee
    if employee is not None and may_read_story(request.user, employee.organisation_id):
        query = urlencode({"reference": hits.quoted.reference})
        return f"{reverse('support_person', args=[employee.pk])}?{query}"
    return reverse("support_reference", args=[hits.quoted.reference])


def _note_search(request: HttpRequest, typed: Typed, hits: Found) -> None:
    """Of somebody who searches in several organisations, the event is the whole portal's."""
    mine = list(organisations(request.user, SEE_PEOPLE).values_list("pk", flat=True)[:2])
    actions.note_search(
        kind=typed.kind,
        hits=hits.hits,
        organisation=mine[0] if len(mine) == 1 else None,
        by=actor(request),
        now=timezone.now(),
    )


def _search_page(request: HttpRequest, form: SearchForm, **context: Any) -> HttpResponse:
    return _page(request, "search", _("Find an employee"), form=form, **context)


def _page(request: HttpRequest, template: str, title: Any, **context: Any) -> HttpResponse:
    everywhere = admin.site.each_context(request)
    return TemplateResponse(
        request, f"admin/support/{template}.html", {**everywhere, "title": title, **context}
    )
