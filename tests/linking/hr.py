"""HR at the administration's pages about imports, and the worker behind them."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.imports.models import Import
from accounts.models import Organisation
from linking import tasks

ADD = "/admin/accounts/import/add/"


def upload(client: Client, organisation: Organisation, content: bytes, **more: Any) -> Any:
    file = SimpleUploadedFile(more.pop("name", "people.csv"), content)
    return client.post(ADD, {"organisation": str(organisation.pk), "file": file, **more})


def newest() -> Import:
    return Import.objects.latest("created_at", "pk")


def work() -> Import:
    """Do what the newest import waits for, as the worker would."""
    tasks.work_on_import(str(newest().pk))
    return newest()


def page(
    client: Client, name: str = "change", changeset: Import | None = None, **query: str
) -> str:
    address = reverse(f"admin:accounts_import_{name}", args=[(changeset or newest()).pk])
    return str(client.get(address, query, follow=True).content.decode())


def send(client: Client, name: str, **data: Any) -> Any:
    return client.post(reverse(f"admin:accounts_import_{name}", args=[newest().pk]), data)


def imported(client: Client, organisation: Organisation, content: bytes, **data: Any) -> Import:
    """Upload, compare, approve and apply."""
    upload(client, organisation, content)
    work()
    send(client, "approve", code=newest().code, **data)
    return work()
