"""Imports from HR: the list, the changeset that somebody looks at, and its report."""

from datetime import date
from io import StringIO
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.text import capfirst, slugify
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.access import covers
from accounts.admin import actor
from accounts.admin.common import name_of
from accounts.administrators.fresh import needs_fresh_sign_in
from accounts.imports import reviews, undoing
from accounts.imports.models import Import, ImportRow
from accounts.imports.people import DAYS
from accounts.imports.plan import LEAVE_LIMIT
from accounts.imports.report import write_kept_report
from accounts.imports.words import FIELDS, problem_in_words, said, what_happened
from audit.events import Event
from linking.admin.import_decisions import Deciding
from linking.admin.import_upload import Uploading

_PER_PAGE = 50
_LOSING = "losing"
_FIGURES = {
    ImportRow.Kind.NEW.value: pgettext_lazy("figure", "New"),
    ImportRow.Kind.CHANGED.value: pgettext_lazy("figure", "Changed"),
    ImportRow.Kind.MOVED.value: pgettext_lazy("figure", "Moved to another department"),
    ImportRow.Kind.LEAVING.value: pgettext_lazy("figure", "Leaving"),
    ImportRow.Kind.RETURNING.value: pgettext_lazy("figure", "Returning"),
    _LOSING: pgettext_lazy("figure", "Lose their access"),
    ImportRow.Kind.REFUSED.value: pgettext_lazy("figure", "Refused rows"),
}


class _Known(Paginator[Any]):
    """The import knows how many rows it has: nobody need count a hundred thousand."""

    known = 0

    @cached_property
    def count(self) -> int:
        return self.known


@admin.register(Import)
class ImportAdmin(Uploading, Deciding):
    list_display = ("created_at", "organisation", "source", "state", "people")
    list_filter = ("state", "organisation")
    list_select_related = ("organisation",)
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = None
    change_list_template = "admin/accounts/import/change_list.html"

    @admin.display(description=_("people changed"))
    def people(self, changeset: Import) -> int:
        return changeset.changes

    def has_delete_permission(self, request: HttpRequest, obj: Import | None = None) -> bool:
        """The list is the history; rows go by themselves."""
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        title = {"title": capfirst(self.opts.verbose_name_plural)}
        return super().changelist_view(request, title | (extra_context or {}))

    def get_urls(self) -> list[URLPattern]:
        pages = {
            "approve": self.approve,
            "look-again": self.look_again,
            "cancel": self.cancel,
            "undo": self.undo,
            "report": self.report,
        }
        return [
            path(
                f"<path:object_id>/{name}/",
                self.admin_site.admin_view(page),
                name=f"accounts_import_{name.replace('-', '_')}",
            )
            for name, page in pages.items()
        ] + super().get_urls()

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show what the import would change, or did."""
        changeset = self.get_object(request, unquote(object_id))
        if request.method == "POST" or not self.has_view_permission(request, changeset):
            raise PermissionDenied
        if changeset is None:
            return super().change_view(request, object_id, form_url, extra_context)
        chosen = request.GET.get("kind", "")
        figures = _figures(changeset, chosen)
        if chosen not in {figure["kind"] for figure in figures}:
            chosen = ""
        page = _page(changeset, chosen, request.GET.get("page"))
        may = self.has_change_permission(request, changeset)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Import from HR"),
            "subtitle": changeset.source,
            "opts": self.opts,
            "original": changeset,
            "uploader": who(changeset.created_by),
            "approver": who(changeset.approved_by),
            "undoer": who(changeset.undone_by),
            "under_way": changeset.state in Import.UNDER_WAY,
            "problem": what_happened(changeset.problem),
            "over_limit": changeset.state in Import.WAITING
            and changeset.loses_too_many(LEAVE_LIMIT),
            "limit": LEAVE_LIMIT,
            "share": _share(changeset),
            "figures": figures,
            "chosen": chosen,
            "page": page,
            "pages": page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1),
            "lines": [_line(row) for row in page.object_list],
            "sees_people": covers(
                request.user, "accounts.view_employee", changeset.organisation_id
            ),
            "may_approve": may and changeset.state == Import.State.REVIEW and changeset.changes,
            "may_look_again": may
            and changeset.state in (Import.State.REVIEW, Import.State.OUTDATED),
            "may_cancel": may and changeset.state in Import.WAITING,
            "may_undo": may and undoing.may_be_undone(changeset),
        }
        return TemplateResponse(request, "admin/accounts/import/review.html", context)

    def report(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Give the report as CSV, and write down who took it."""
        changeset = self._found(request, object_id, "view")
        if changeset.rows_deleted_at is not None:
            return self._not_any_more(request, changeset)
        if ask := needs_fresh_sign_in(request):  # names and addresses leave the portal
            return ask
        written = StringIO()
        with transaction.atomic():
            rows = _rows(changeset, "").iterator(chunk_size=2000)
            write_kept_report(rows, written)
            reviews.note(
                Event.IMPORT_REPORT_TAKEN, changeset, by=actor(request), now=timezone.now()
            )
        day = timezone.localdate(changeset.created_at)
        name = f"import-{slugify(changeset.organisation.slug)}-{day}.csv"
        return HttpResponse(
            written.getvalue().encode(),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


def who(by: str) -> Any:
    """Give who did something with an import, in words."""
    return _("The command on the server") if by.startswith("command:") else name_of(by)


def _share(changeset: Import) -> int:
    """How many of those employed lose their access, in per cent, rounded up."""
    return -(-changeset.losing_access * 100 // changeset.employed) if changeset.employed else 0


def _figures(changeset: Import, chosen: str) -> list[dict[str, Any]]:
    """The numbers by kind, each the way to its rows."""
    return [
        {
            "kind": kind,
            "label": label,
            "number": changeset.losing_access if kind == _LOSING else getattr(changeset, kind),
            "chosen": kind == chosen,
        }
        for kind, label in _FIGURES.items()
    ]


def _rows(changeset: Import, chosen: str) -> QuerySet[ImportRow]:
    rows = ImportRow.objects.filter(changeset=changeset).order_by("pk")
    if chosen == _LOSING:
        return rows.filter(loses_access=True)
    return rows.filter(kind=chosen) if chosen else rows


def _page(changeset: Import, chosen: str, number: str | None) -> Page[Any]:
    paginator = _Known(_rows(changeset, chosen), _PER_PAGE)
    if changeset.rows_deleted_at is not None or changeset.state == Import.State.COMPARING:
        paginator.known = 0
    elif chosen:
        paginator.known = (
            changeset.losing_access if chosen == _LOSING else getattr(changeset, chosen)
        )
    else:
        paginator.known = changeset.changes + changeset.refused
    return paginator.get_page(number)


def _shown(field: str, kept: Any) -> Any:
    if field in DAYS and kept:
        return date_format(date.fromisoformat(kept), "SHORT_DATE_FORMAT")
    return said(field, kept)


def _line(row: ImportRow) -> dict[str, Any]:
    """A row as the page shows it; the name of somebody new stands beside it already."""
    left_out = ("first_name", "last_name") if row.kind == ImportRow.Kind.NEW else ()
    return {
        "row": row,
        "problems": [problem_in_words(problem, FIELDS) for problem in row.what_is_wrong],
        "fields": [
            {
                "label": label,
                "before": _shown(field, row.before.get(field)) if row.before else "",
                "after": _shown(field, row.after[field]),
                "is_number": field == "national_id",
            }
            for field, label in FIELDS.items()
            if field in row.after and field not in left_out
        ],
    }
