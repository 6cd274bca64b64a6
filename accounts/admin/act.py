"""Pages that ask before something is done."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.watched import WatchedPages


def act_page(
    page: admin.ModelAdmin[Any],
    request: HttpRequest,
    template: str,
    *,
    title: Any,
    submit: Any,
    form: forms.Form,
    original: Model | None = None,
    **context: Any,
) -> HttpResponse:
    """Show `template`, which extends `admin/act.html`; Cancel leads back to the row or the list."""
    if original is not None and isinstance(page, WatchedPages):
        page.note_look(request, [original])
    name = f"{page.opts.app_label}_{page.opts.model_name}"
    back = (
        reverse(f"{page.admin_site.name}:{name}_change", args=[original.pk])
        if original is not None
        else reverse(f"{page.admin_site.name}:{name}_changelist")
    )
    everywhere = page.admin_site.each_context(request)
    about = {"title": title, "submit": submit, "form": form, "original": original, "back": back}
    return TemplateResponse(
        request, f"admin/{template}.html", {**everywhere, "opts": page.opts, **about, **context}
    )
