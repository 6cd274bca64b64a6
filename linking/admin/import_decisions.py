"""What somebody does with an import that they have looked at: each page asks first, by POST."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import ScopedAdmin
from accounts.administrators.fresh import fresh_sign_in_for_method, needs_fresh_sign_in
from accounts.imports import reviews, undoing
from accounts.imports.models import Import
from accounts.imports.plan import LEAVE_LIMIT
from accounts.models import User
from linking.fingerprint_keys import keys_in_use
from linking.wakeup import WORK_ON_IMPORT, wake

_NAMED = 20  # of those who stand in the way
_NOT_WAITING = _("The import is not what you looked at any more. Nothing was changed.")


class ApprovalForm(forms.Form):
    """Whoever lets more people lose their access than the limit types how many."""

    code = forms.CharField(widget=forms.HiddenInput, max_length=12)
    leavers = forms.IntegerField(label=_("How many lose their access?"), min_value=0)

    def __init__(self, changeset: Import, data: Any = None) -> None:
        super().__init__(data, initial={"code": changeset.code})
        self.changeset = changeset
        if not changeset.loses_too_many(LEAVE_LIMIT):
            del self.fields["leavers"]

    def clean_leavers(self) -> int:
        leavers: int = self.cleaned_data["leavers"]
        if leavers != self.changeset.losing_access:
            raise forms.ValidationError(
                _("That is not how many lose their access. Look at them once more.")
            )
        return leavers


class Deciding(ScopedAdmin[Import]):
    """Approve, look again, cancel and undo."""

    def _found(self, request: HttpRequest, object_id: str, verb: str) -> Import:
        """Give the import the page is about.

        Raises:
            PermissionDenied: it is there, and the user may not do this with it.
            Http404: it is not there for the user.
        """
        changeset = self.get_object(request, unquote(object_id))
        if not self.may(request, verb, changeset):
            raise PermissionDenied
        if changeset is None:
            raise Http404
        return changeset

    def approve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask once more, and let a worker carry it out."""
        changeset = self._found(request, object_id, "approve")
        over = changeset.loses_too_many(LEAVE_LIMIT)
        if over and (ask := needs_fresh_sign_in(request)):
            return ask
        if changeset.state != Import.State.REVIEW or not changeset.changes:
            return self._not_any_more(request, changeset)
        form = ApprovalForm(changeset, request.POST if request.method == "POST" else None)
        if form.is_valid():
            answer = form.cleaned_data
            try:
                reviews.approve(
                    changeset,
                    code=answer["code"],
                    leavers=answer.get("leavers"),
                    by=signed_in(request),
                    now=timezone.now(),
                )
            except (reviews.NotWaiting, reviews.LeaversNotConfirmed):
                return self._not_any_more(request, changeset)
            return self._go_on(changeset)
        context = {"form": form, "over_limit": over, "limit": LEAVE_LIMIT}
        title, button = _("Approve the import"), _("Approve and apply")
        return self._ask(request, changeset, "approve", context, title=title, button=button)

    def look_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask once more, and let the rows be compared anew."""
        changeset = self._found(request, object_id, "look_again")
        if changeset.state not in (Import.State.REVIEW, Import.State.OUTDATED):
            return self._not_any_more(request, changeset)
        if request.method == "POST":
            try:
                reviews.look_again(changeset, by=signed_in(request), now=timezone.now())
            except reviews.NotWaiting:
                return self._not_any_more(request, changeset)
            return self._go_on(changeset)
        title, button = _("Look again"), _("Compare again")
        return self._ask(request, changeset, "look_again", {}, title=title, button=button)

    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask once more, and give the import up."""
        changeset = self._found(request, object_id, "cancel")
        if changeset.state not in Import.WAITING:
            return self._not_any_more(request, changeset)
        if request.method == "POST":
            try:
                reviews.cancel(changeset, by=signed_in(request), now=timezone.now())
            except reviews.NotWaiting:
                return self._not_any_more(request, changeset)
            done = _("The import is cancelled. Nothing was changed.")
            self.message_user(request, done, messages.SUCCESS)
            return _back(changeset)
        title, button = _("Cancel the import"), _("Cancel the import")
        return self._ask(request, changeset, "cancel", {}, title=title, button=button)

    @fresh_sign_in_for_method
    def undo(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Tell what undoing would do, and let a worker do it."""
        changeset = self._found(request, object_id, "undo")
        if not undoing.may_be_undone(changeset):
            return self._not_any_more(request, changeset)
        if request.method == "POST":  # the worker looks once more whether anybody is in the way
            try:
                undoing.ask_to_undo(changeset, by=signed_in(request), now=timezone.now())
            except reviews.NotWaiting:
                return self._not_any_more(request, changeset)
            return self._go_on(changeset)
        would = undoing.plan_undo(
            changeset, keys=keys_in_use(), whose=signed_in(request), now=timezone.now()
        )
        context = {
            "undoing": would,
            "changed_since": would.changed_since[:_NAMED],
            "more_changed_since": max(0, len(would.changed_since) - _NAMED),
            "out_of_reach": would.out_of_reach[:_NAMED],
            "may_not": not would.is_possible,
        }
        title, button = _("Undo the import"), _("Undo the import")
        return self._ask(request, changeset, "undo", context, title=title, button=button)

    def _ask(
        self,
        request: HttpRequest,
        changeset: Import,
        what: str,
        context: dict[str, Any],
        *,
        title: Any,
        button: Any,
    ) -> HttpResponse:
        around = {
            **self.admin_site.each_context(request),
            "title": title,
            "button": button,
            "what": what,
            "opts": self.opts,
            "original": changeset,
        }
        return TemplateResponse(request, "admin/accounts/import/decide.html", around | context)

    def _not_any_more(self, request: HttpRequest, changeset: Import) -> HttpResponse:
        self.message_user(request, _NOT_WAITING, messages.WARNING)
        return _back(changeset)

    def _go_on(self, changeset: Import) -> HttpResponse:
        wake(WORK_ON_IMPORT, changeset.pk)
        return _back(changeset)


def signed_in(request: HttpRequest) -> User:
    """Give whoever is in.

    Raises:
        PermissionDenied: nobody.
    """
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def _back(changeset: Import) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:accounts_import_change", args=[changeset.pk]))
