"""Employees deleted for good: a page that says what goes with them, and asks why."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.options import ActionLocation
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts import actions
from accounts.access import ScopedAdmin
from accounts.admin.common import ReasonForm, actor
from accounts.administrators.fresh import fresh_sign_in_for_method
from accounts.models import Employee


class DeletesEmployees(ScopedAdmin[Employee]):
    """Django's pages ask for a permission on each row that goes along, which nobody has."""

    def get_actions(
        self, request: HttpRequest, action_location: Any = ActionLocation.CHANGE_LIST
    ) -> dict[str, Any]:
        offered = super().get_actions(request, action_location=action_location)
        return {name: each for name, each in offered.items() if name != "delete_selected"}

    @fresh_sign_in_for_method
    @admin.action(description=_("Delete for good"), permissions=["delete"])
    def delete_for_good(
        self, request: HttpRequest, queryset: QuerySet[Employee]
    ) -> HttpResponse | None:
        chosen = list(queryset.select_related("organisation").prefetch_related("user__grants"))
        return self._deletion_page(request, chosen)

    @fresh_sign_in_for_method
    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        employee = self.get_object(request, unquote(object_id))
        if not self.has_delete_permission(request, employee):
            raise PermissionDenied
        if employee is None:
            raise Http404
        page = self._deletion_page(request, [employee])
        return page or HttpResponseRedirect(reverse("admin:accounts_employee_changelist"))

    def _deletion_page(
        self, request: HttpRequest, employees: Sequence[Employee]
    ) -> HttpResponse | None:
        """Ask for the reason, and delete; None when it is done."""
        today = timezone.localdate()
        allowed = [each for each in employees if self.has_delete_permission(request, each)]
        gone = [each for each in allowed if not each.is_employed(today)]
        form = ReasonForm(request.POST if "reason" in request.POST else None)
        if gone and form.is_valid():
            self._delete(request, gone, form.cleaned_data["reason"])
            return None
        self.note_look(request, employees)
        _trees, counts, _needed, _protected = self.get_deleted_objects(gone, request)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Delete for good"),
            "opts": self.opts,
            "employees": gone,
            "employed": [each for each in allowed if each not in gone],
            "not_yours": [each for each in employees if each not in allowed],
            "counts": [
                (name, how_many)
                for name, how_many in counts.items()
                if name != self.opts.verbose_name_plural
            ],
            "form": form,
            "action": "delete_for_good" if "action" in request.POST else "",
        }
        return TemplateResponse(request, "admin/accounts/employee/delete.html", context)

    def _delete(self, request: HttpRequest, employees: Iterable[Employee], reason: str) -> None:
        deleted, now = list[UUID](), timezone.now()
        for employee in employees:
            key = employee.pk
            try:
                actions.delete_employee(employee, by=actor(request), reason=reason, now=now)
                deleted.append(key)
            except (actions.StillEmployed, Employee.DoesNotExist):
                continue  # employed again or deleted a moment ago
        text = ngettext(
            "%(count)d employee was deleted.", "%(count)d employees were deleted.", len(deleted)
        )
        self.message_user(request, text % {"count": len(deleted)}, messages.SUCCESS)
        if len(deleted) == 1 and request.user.has_perm("audit.erase_auditevent"):
            # Now, or never: nothing else leads from a name to the key any more.
            self.message_user(request, _way_to_the_log(deleted[0]), messages.INFO)


def _way_to_the_log(key: UUID) -> str:
    return format_html(
        '{} <a href="{}">{}</a>',
        _("The audit log keeps what happened to the employee."),
        reverse("admin:audit_auditevent_erase", args=[key]),
        _("Erase it there, too…"),
    )
