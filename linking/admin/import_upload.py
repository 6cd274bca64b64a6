"""Where HR's file is uploaded, and where somebody tells what its columns are called."""

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import ScopedAdmin, organisations
from accounts.imports import actions, naming, reviews
from accounts.imports.columns import COLUMNS, IGNORED, REQUIRED, plain_name
from accounts.imports.models import Import
from accounts.imports.problems import FileRefused, as_read
from accounts.imports.tables import MAX_BYTES, MAX_COLUMNS
from accounts.imports.words import FIELDS, file_in_words
from accounts.models import Organisation
from linking.admin.import_decisions import signed_in
from linking.fingerprint_keys import keys_in_use
from linking.refusals import FingerprintKeysUnfit
from linking.wakeup import WORK_ON_IMPORT, wake

ADD = "accounts.add_import"


class UploadForm(forms.Form):
    organisation = forms.ModelChoiceField(
        label=_("Organisation"),
        queryset=Organisation.objects.none(),
        empty_label=_("– choose –"),
    )
    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV or Excel (.xlsx), at most %(megabytes)s MB: everybody who works there.")
        % {"megabytes": MAX_BYTES // 2**20},
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.xlsx"}),
    )
    choose = forms.BooleanField(label=_("Let me say what each column is"), required=False)

    def __init__(self, user: Any, data: Any = None, files: Any = None) -> None:
        mine = organisations(user, ADD)
        super().__init__(data, files)
        field = cast("forms.ModelChoiceField[Organisation]", self.fields["organisation"])
        field.queryset = mine
        if len(only := mine[:2]) == 1:
            field.initial = only[0].pk


class ColumnsForm(forms.Form):
    """For each column of a file, what it is. Nothing of the file is kept meanwhile."""

    def __init__(self, seen: list[naming.SeenColumn], data: Any = None) -> None:
        super().__init__(data)
        self.seen = seen
        choices = [
            ("", _("– choose –")),
            (IGNORED, _("Is not needed")),
            *((name, str(FIELDS[name]).capitalize()) for name in COLUMNS),
        ]
        for index, column in enumerate(seen):
            self.fields[f"column-{index}"] = forms.ChoiceField(
                label=as_read(column.name) or _("Column %(number)s") % {"number": index + 1},
                choices=choices,
                initial=column.column,
                help_text=" · ".join(column.samples),
            )
            self.fields[f"name-{index}"] = forms.CharField(
                initial=as_read(column.name), required=False, widget=forms.HiddenInput
            )

    @property
    def pairs(self) -> list[tuple[Any, Any]]:
        """Each column's choice, and the hidden name that tells which file it was made for."""
        return [(self[f"column-{at}"], self[f"name-{at}"]) for at in range(len(self.seen))]

    def fits(self) -> bool:
        """Whether the choices were made for a file with these columns."""
        names = [self.data.get(f"name-{at}") for at in range(len(self.seen) + 1)]
        return names == [*(as_read(column.name) for column in self.seen), None]

    def clean(self) -> None:
        chosen = [self.cleaned_data.get(f"column-{at}") for at in range(len(self.seen))]
        if missing := [name for name in REQUIRED if name not in chosen]:
            names = ", ".join(str(FIELDS[name]) for name in missing)
            raise forms.ValidationError(_("Nothing is chosen for: %(names)s.") % {"names": names})
        if double := {name for name in COLUMNS if chosen.count(name) > 1}:
            names = ", ".join(str(FIELDS[name]) for name in COLUMNS if name in double)
            raise forms.ValidationError(_("Chosen twice: %(names)s.") % {"names": names})

    def told(self) -> dict[str, str]:
        """Give what each name means."""
        return {
            column.name: self.cleaned_data[f"column-{at}"] for at, column in enumerate(self.seen)
        }


class Uploading(ScopedAdmin[Import]):
    """The page with the file; it comes again with the columns where they are not known."""

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return self._upload_page(request, UploadForm(request.user))
        form = UploadForm(request.user, request.POST, request.FILES)
        columns = None
        if form.is_valid():
            try:
                columns, changeset = self._read(request, form)
                if changeset is not None:
                    wake(WORK_ON_IMPORT, changeset.pk)
                    page = reverse("admin:accounts_import_change", args=[changeset.pk])
                    return HttpResponseRedirect(page)
            except FileRefused as refused:
                form.add_error("file", file_in_words(refused))
            except naming.NoHeader:
                form.add_error("file", _("The first row of the file must name the columns."))
            except reviews.ImportUnderWay:
                form.add_error(None, _("Another import of this organisation is being carried out."))
            except FingerprintKeysUnfit:
                form.add_error(
                    None, _("The portal's fingerprint keys do not fit. Nothing was read.")
                )
        return self._upload_page(request, form, columns)

    def _read(
        self, request: HttpRequest, form: UploadForm
    ) -> tuple[ColumnsForm | None, Import | None]:
        """Read the file; or give the form where somebody tells what its columns are."""
        organisation, file = form.cleaned_data["organisation"], form.cleaned_data["file"]
        remembered = naming.names_of(organisation)
        told = "name-0" in request.POST
        if told or form.cleaned_data["choose"]:
            columns = self._columns(file, remembered, request.POST if told else None)
            if not told or not columns.is_valid():
                return columns, None
            remembered = {**remembered, **_plain(columns.told())}
            naming.name_columns(
                organisation, columns.told(), by=signed_in(request).actor, now=timezone.now()
            )
        try:
            return None, self._begin(request, organisation, file, remembered)
        except FileRefused as refused:
            if refused.problem not in naming.ABOUT_COLUMNS:
                raise
            return self._columns(file, remembered, None), None

    def _columns(
        self, file: UploadedFile[Any], remembered: Mapping[str, str], data: Any
    ) -> ColumnsForm:
        file.seek(0)
        seen = naming.see_columns(cast(Any, file), remembered)[:MAX_COLUMNS]
        form = ColumnsForm(seen, data)
        return form if data is None or form.fits() else ColumnsForm(seen)

    def _begin(
        self,
        request: HttpRequest,
        organisation: Organisation,
        file: UploadedFile[Any],
        names: Mapping[str, str],
    ) -> Import:
        now = timezone.now()
        file.seek(0)
        people = actions.read_people(cast(Any, file), keys=keys_in_use(), now=now, names=names)
        return reviews.begin_import(
            organisation,
            people,
            by=signed_in(request),
            now=now,
            source=as_read(file.name or ""),
        )

    def _upload_page(
        self, request: HttpRequest, form: UploadForm, columns: ColumnsForm | None = None
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("Import employees"),
            "opts": self.opts,
            "form": form,
            "columns": columns,
        }
        return TemplateResponse(request, "admin/accounts/import/upload.html", context)


def _plain(told: Mapping[str, str]) -> dict[str, str]:
    return {plain_name(name): column for name, column in told.items()}
