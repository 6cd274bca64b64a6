"""django-import-export as its guide makes it fast: in bulk, and all instances asked for at once."""

import sys
from pathlib import Path
from typing import Any

import django
from django.conf import settings

from devtools.bench.importing import files
from devtools.bench.importing.meter import measured


def main() -> None:
    django.setup()
    settings.DEBUG = False  # it would keep every statement
    # What follows needs a Django that has been set up.
    from import_export.instance_loaders import CachedInstanceLoader  # noqa: PLC0415
    from import_export.resources import modelresource_factory  # noqa: PLC0415
    from tablib import Dataset  # noqa: PLC0415

    from accounts.models import Employee  # noqa: PLC0415

    def name_organisation(_resource: Any, instance: Any, *_args: Any, **_kwargs: Any) -> None:
        instance.organisation_id = files.ORGANISATION

    resource = modelresource_factory(
        Employee,
        meta_options={
            "fields": files.HEADER,
            "import_id_fields": ["employee_number"],
            "instance_loader_class": CachedInstanceLoader,
            "use_bulk": True,
            "skip_unchanged": True,
            "skip_diff": True,
        },
        custom_fields={},
    )
    resource.before_save_instance = name_organisation

    def work() -> None:
        text = (Path(sys.argv[1]) / "people.csv").read_text(encoding="utf-8")
        dataset = Dataset().load(text, format="csv")
        resource().import_data(dataset, raise_errors=True, use_transactions=True)

    measured(work)


if __name__ == "__main__":
    main()
