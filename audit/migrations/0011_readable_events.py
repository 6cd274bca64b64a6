from pathlib import Path

from django.db import migrations

_SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("audit", "0010_least_months")]

    operations = [migrations.RunSQL(_SQL)]
