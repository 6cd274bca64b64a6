import django.db.models.deletion
from django.db import migrations, models

# Upper and lower case are no change: the column's collation folds A to Z alone. The last
# condition is the import's own, for two who swap addresses: what was parked was never anybody's.
TRIGGER = """
    CREATE FUNCTION accounts_note_address_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO accounts_addresschange (employee_id, old_address, changed_at)
        VALUES (OLD.id, OLD.email, transaction_timestamp());
        RETURN NULL;
    END $$;
    CREATE TRIGGER employee_address_changed AFTER UPDATE OF email ON accounts_employee
    FOR EACH ROW
    WHEN (lower(OLD.email) <> lower(NEW.email) AND OLD.email <> OLD.id || '@import.invalid')
    EXECUTE FUNCTION accounts_note_address_change();
"""
NO_TRIGGER = """
    DROP TRIGGER employee_address_changed ON accounts_employee;
    DROP FUNCTION accounts_note_address_change();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_imports"),
    ]

    operations = [
        migrations.CreateModel(
            name="AddressChange",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("old_address", models.EmailField(db_collation="C", max_length=254)),
                ("changed_at", models.DateTimeField()),
                (
                    "employee",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.employee",
                    ),
                ),
            ],
            options={"default_permissions": ()},
        ),
        migrations.RunSQL(TRIGGER, NO_TRIGGER),
    ]
