from pathlib import Path

from django.db import migrations, models

_SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Unsealed",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("kept", models.CharField(max_length=10)),
                ("at", models.DateTimeField()),
            ],
            options={"default_permissions": ()},
        ),
        migrations.CreateModel(
            name="SubjectKey",
            fields=[
                ("employee_id", models.UUIDField(primary_key=True, serialize=False)),
                ("key", models.BinaryField()),
            ],
            options={"default_permissions": ()},
        ),
        migrations.CreateModel(
            name="Seal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("organisation_id", models.UUIDField(null=True)),
                ("number", models.BigIntegerField()),
                ("round", models.BigIntegerField()),
                ("sealed_at", models.DateTimeField()),
                ("statement", models.TextField()),
                ("records", models.BinaryField()),
                ("signature", models.BinaryField()),
            ],
            options={
                "default_permissions": (),
                "indexes": [models.Index(fields=["round"], name="seal_by_round")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation_id", "number"),
                        name="seal_once_in_a_chain",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        migrations.RunSQL(
            _SQL,
            state_operations=[
                migrations.AddField(
                    "auditevent",
                    "kept",
                    models.CharField(max_length=10, verbose_name="kept as"),
                    preserve_default=False,
                ),
                migrations.AddField(
                    "auditevent",
                    "network",
                    models.CharField(blank=True, max_length=43, verbose_name="network"),
                    preserve_default=False,
                ),
                migrations.AddField("auditevent", "commitment", models.BinaryField(null=True)),
            ],
        ),
    ]
