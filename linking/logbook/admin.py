"""The log's pages in the administration: searched, one event, and the searches that one keeps."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import ScopedAdmin, organisations
from accounts.admin.common import actor
from accounts.models import User
from accounts.purposes.asking import looked_at
from accounts.purposes.forms import ReasonField
from accounts.watched import remember_search
from audit.models import AuditEvent
from linking import actions
from linking.logbook import erasing
from linking.logbook.asking import SEE_LOG, TYPED, AskForm
from linking.logbook.lines import address_of, line_of, lines_of, raw
from linking.logbook.looking import note_looks, people_in
from linking.logbook.pages import asked_for, told_about
from linking.logbook.query import PORTAL, Position, Query, parsed, position
from linking.logbook.resolving import Meant, actor_meant, meant
from linking.logbook.searching import Found, NetworkUnknown, find
from linking.logbook.who import names_for
from linking.logbook.words.names import as_key
from linking.models import SavedSearch
from linking.support.search import rows_of

_NAME_IT = _(
    "Give the search a name of at most 60 characters, without identity numbers and e-mail "
    "addresses."
)


class SaveForm(forms.Form):
    name = ReasonField(label=_("Name of the search"), max_length=60)
    query = forms.CharField(required=False, max_length=1000, widget=forms.HiddenInput)


@admin.register(AuditEvent)
class AuditEventAdmin(ScopedAdmin[AuditEvent]):
    """Read-only. Events of no organisation are for roles on the whole portal."""

    organisation_path = "organisation_id"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditEvent | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AuditEvent | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        saved = path(
            "saved/", self.admin_site.admin_view(self.saved_view), name="audit_auditevent_saved"
        )
        erase = path(
            "erase/<uuid:employee_id>/",
            self.admin_site.admin_view(erasing.page),
            name="audit_auditevent_erase",
        )
        return [saved, erase, *super().get_urls()]

    # --- The list

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show what is asked for in the address; take what is typed by POST, and send on."""
        self._refuse_others(request)
        if request.method == "POST":
            return self._take(request)
        query, wrong = parsed(request.GET.dict())
        start, now = position(request.GET.dict()), timezone.now()
        unknown = False
        try:
            found = find(self.get_queryset(request), query, start, now=now)
        except NetworkUnknown:
            found, unknown = Found([]), True
        self._note(request, query, found, onwards=start is not None)
        form = AskForm(request.user, query)
        return self._list(
            request, query, form, found=found, start=start, wrong=wrong, network_unknown=unknown
        )

    def _take(self, request: HttpRequest) -> HttpResponse:
        base, _wrong = parsed(QueryDict(request.POST.get("base", "")).dict())
        form = AskForm(request.user, base, request.POST)
        if not form.is_valid():
            _forget_numbers(form)
            return self._list(request, base, form)
        query = form.chosen(base)
        for name in TYPED:
            text = form.cleaned_data[name]
            if not text:
                continue
            if name == "q":
                what = meant(text, query, self.get_queryset(request), request.user)
            else:
                what = actor_meant(text, query, self.get_queryset(request), request.user)
            if what.was_looked_up:
                self._note_lookup(request, what)
            if len(what.choices) != 1:
                return self._ask_which(request, query, form, what)
            query = what.choices[0].query
        return redirect(address_of(query))

    def _ask_which(
        self, request: HttpRequest, query: Query, form: AskForm, what: Meant
    ) -> HttpResponse:
        """Nobody, or several."""
        keys = [choice.employee.pk for choice in what.choices if choice.employee is not None]
        rows = {row.employee.pk: row for row in rows_of(keys, request.user)} if keys else {}
        choices = [
            (
                choice,
                rows.get(choice.employee.pk) if choice.employee else None,
                address_of(choice.query),
            )
            for choice in what.choices
        ]
        return self._list(
            request, query, form, choices=choices, more=what.more, nothing=not choices
        )

    def _note_lookup(self, request: HttpRequest, what: Meant) -> None:
        """Write that a name was looked for, whether or not anything is read of what it meant."""
        actions.note_search(
            kind=what.kind,
            hits=len(what.choices),
            organisation=_only_place(request),
            by=actor(request),
            now=timezone.now(),
        )

    def _list(
        self,
        request: HttpRequest,
        query: Query,
        form: AskForm,
        *,
        found: Found | None = None,
        start: Position | None = None,
        **context: Any,
    ) -> HttpResponse:
        reader = request.user
        events = found.events if found is not None else []
        people = [query.person] if query.person is not None else []
        rows = self.get_queryset(request)
        names = names_for(events, reader, people=people, actor=query.actor, rows=rows)
        here = query.text()
        saved = SavedSearch.objects.filter(user=reader.pk)
        about = {
            "title": _("Audit log"),
            "form": form,
            "query": here,
            "asked": asked_for(query, names, reader),
            "told": told_about(query, reader),
            "found": found,
            "lines": lines_of(events, names, reader, looked_at=looked_at(request)),
            "older": _onwards(here, found.older) if found else "",
            "newer": _onwards(here, found.newer) if found else "",
            "newest": address_of(query) if start is not None else "",
            "saved": [(each.name, f"{_address()}?{each.query}") for each in saved],
            "save_form": SaveForm(initial={"query": here}),
            "erase": erasing.address(query, reader),
        }
        return self._show(request, "log", **{**about, **context})

    def _note(self, request: HttpRequest, query: Query, found: Found, *, onwards: bool) -> None:
        """Each search is in the log, once for all its pages; each look at one person's, too."""
        note_looks(request, people_in(query), found.events)
        what = f"{self.page_name} {query.text()}"
        if not remember_search(request.session, what, onwards=onwards):
            return
        now, by = timezone.now(), actor(request)
        place = _place_asked(request, query) or _only_place(request)
        actions.note_log_search(
            kinds=query.asked, hits=len(found.events), organisation=place, by=by, now=now
        )

    # --- One event

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """Show an event in words, what there is to do, and the details as they are kept."""
        self._refuse_others(request)
        event = self.get_object(request, unquote(object_id))
        if event is None:
            gone: HttpResponse = self._get_obj_does_not_exist_redirect(  # type: ignore[attr-defined]  # Django's
                request, self.opts, object_id
            )
            return gone
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        if event.employee_id is not None:
            note_looks(request, [event.employee_id], [event], reference=event.reference)
        names = names_for([event], request.user, rows=self.get_queryset(request))
        line = line_of(event, names, request.user, looked_at=looked_at(request))
        asked = Query(reference=(event.reference,) if event.reference else ())
        return self._show(
            request,
            "event",
            title=line.said.title,
            line=line,
            raw=raw(event, request.user),
            told=told_about(asked, request.user),
        )

    # --- Searches that one keeps

    def saved_view(self, request: HttpRequest) -> HttpResponse:
        """List one's own saved searches; keep one, or take one away."""
        self._refuse_others(request)
        if not isinstance(request.user, User):
            raise PermissionDenied
        if request.method == "POST":
            return self._save(request, request.user)
        saved = SavedSearch.objects.filter(user=request.user)
        rows = [(each, f"{_address()}?{each.query}") for each in saved]
        return self._show(request, "saved", title=_("Saved searches"), rows=rows)

    def _save(self, request: HttpRequest, user: User) -> HttpResponse:
        now, only = timezone.now(), _only_place(request)
        if "remove" in request.POST:
            key = as_key(request.POST["remove"])
            if key is not None and actions.remove_search(user, key, organisation=only, now=now):
                messages.success(request, _("The saved search was removed."))
            return redirect("admin:audit_auditevent_saved")
        form = SaveForm(request.POST)
        query, _wrong = parsed(QueryDict(request.POST.get("query", "")).dict())
        if not form.is_valid():
            messages.error(request, _NAME_IT)
            return redirect(address_of(query))
        try:
            actions.save_search(
                user, name=form.cleaned_data["name"], query=query.text(), organisation=only, now=now
            )
        except actions.TooManySaved:
            messages.error(request, _("You keep as many searches as there is room for."))
            return redirect("admin:audit_auditevent_saved")
        messages.success(request, _("The search was saved."))
        return redirect(address_of(query))

    # --- What they share

    def _refuse_others(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def _show(self, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
        everywhere = self.admin_site.each_context(request)
        return TemplateResponse(
            request, f"admin/logbook/{template}.html", {**everywhere, "opts": self.opts, **context}
        )


def _address() -> str:
    return reverse("admin:audit_auditevent_changelist")


def _onwards(query: str, to: Position | None) -> str:
    """Give the address of the page at a position of the same search."""
    return f"?{query}&{to.text}".replace("?&", "?") if to is not None else ""


def _only_place(request: HttpRequest) -> UUID | None:
    """Of somebody who reads the log of several organisations, the event is the whole portal's."""
    mine = list(organisations(request.user, SEE_LOG).values_list("pk", flat=True)[:2])
    return mine[0] if len(mine) == 1 else None


def _place_asked(request: HttpRequest, query: Query) -> UUID | None:
    """Give the organisation that was asked for, where its log is the reader's to read."""
    if query.organisation in ("", PORTAL):
        return None
    mine = organisations(request.user, SEE_LOG).filter(pk=UUID(query.organisation))
    return mine.values_list("pk", flat=True).first()


def _forget_numbers(form: AskForm) -> None:
    """What may be an identity number does not come back in the page, wherever it was typed."""
    # A time that does not fit is a time all the same, with as many digits.
    refused = {name for name in form.errors if name in TYPED or form.has_error(name, "invalid")}
    form.data = {name: "" if name in refused else value for name, value in form.data.items()}
