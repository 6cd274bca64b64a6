import django.db.models.deletion
from django.db import migrations, models

# Whoever is moved to another organisation gets a row, if only until it is looked whether they are
# linked: a link of theirs that ends at the same moment meets it and waits. Whichever was first, the
# second sees what the other wrote, and the row says where the person is.
TRIGGERS = """
    CREATE FUNCTION linking_note_new_employees() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO linking_unlinked (employee_id, organisation_id)
        SELECT id, organisation_id FROM begun;
        RETURN NULL;
    END $$;
    CREATE TRIGGER employees_begin_unlinked AFTER INSERT ON accounts_employee
    REFERENCING NEW TABLE AS begun
    FOR EACH STATEMENT EXECUTE FUNCTION linking_note_new_employees();

    CREATE FUNCTION linking_note_deleted_employees() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        DELETE FROM linking_unlinked USING gone WHERE employee_id = gone.id;
        RETURN NULL;
    END $$;
    CREATE TRIGGER employees_are_gone AFTER DELETE ON accounts_employee
    REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION linking_note_deleted_employees();

    CREATE FUNCTION linking_note_no_employees() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        DELETE FROM linking_unlinked;
        RETURN NULL;
    END $$;
    CREATE TRIGGER employees_are_all_gone AFTER TRUNCATE ON accounts_employee
    FOR EACH STATEMENT EXECUTE FUNCTION linking_note_no_employees();

    CREATE FUNCTION linking_note_other_organisation() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO linking_unlinked (employee_id, organisation_id)
        VALUES (NEW.id, NEW.organisation_id)
        ON CONFLICT (employee_id) DO UPDATE SET organisation_id = excluded.organisation_id;
        DELETE FROM linking_unlinked WHERE employee_id = NEW.id AND EXISTS (
            SELECT FROM linking_linkedidentity WHERE employee_id = NEW.id AND state = 'active');
        RETURN NULL;
    END $$;
    CREATE TRIGGER employee_is_elsewhere AFTER UPDATE OF organisation_id ON accounts_employee
    FOR EACH ROW WHEN (OLD.organisation_id <> NEW.organisation_id)
    EXECUTE FUNCTION linking_note_other_organisation();

    CREATE FUNCTION linking_note_link() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP <> 'INSERT' AND OLD.state = 'active' THEN
            INSERT INTO linking_unlinked (employee_id, organisation_id)
            SELECT id, organisation_id FROM accounts_employee WHERE id = OLD.employee_id
            ON CONFLICT (employee_id) DO NOTHING;
            UPDATE linking_unlinked SET organisation_id = person.organisation_id
            FROM accounts_employee person
            WHERE person.id = OLD.employee_id AND linking_unlinked.employee_id = person.id
                AND linking_unlinked.organisation_id <> person.organisation_id;
        END IF;
        IF TG_OP <> 'DELETE' AND NEW.state = 'active' THEN
            DELETE FROM linking_unlinked WHERE employee_id = NEW.employee_id;
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER link_is_made AFTER INSERT ON linking_linkedidentity
    FOR EACH ROW WHEN (NEW.state = 'active') EXECUTE FUNCTION linking_note_link();
    CREATE TRIGGER link_is_gone AFTER DELETE ON linking_linkedidentity
    FOR EACH ROW WHEN (OLD.state = 'active') EXECUTE FUNCTION linking_note_link();
    CREATE TRIGGER link_is_another AFTER UPDATE OF state, employee_id ON linking_linkedidentity
    FOR EACH ROW WHEN (OLD.state <> NEW.state OR OLD.employee_id <> NEW.employee_id)
    EXECUTE FUNCTION linking_note_link();
"""
NO_TRIGGERS = """
    DROP TRIGGER link_is_another ON linking_linkedidentity;
    DROP TRIGGER link_is_gone ON linking_linkedidentity;
    DROP TRIGGER link_is_made ON linking_linkedidentity;
    DROP FUNCTION linking_note_link();
    DROP TRIGGER employee_is_elsewhere ON accounts_employee;
    DROP FUNCTION linking_note_other_organisation();
    DROP TRIGGER employees_are_all_gone ON accounts_employee;
    DROP FUNCTION linking_note_no_employees();
    DROP TRIGGER employees_are_gone ON accounts_employee;
    DROP FUNCTION linking_note_deleted_employees();
    DROP TRIGGER employees_begin_unlinked ON accounts_employee;
    DROP FUNCTION linking_note_new_employees();
"""
# To make a trigger locks its table until the migration is over: nobody links meanwhile.
FILL = """
    INSERT INTO linking_unlinked (employee_id, organisation_id)
    SELECT id, organisation_id FROM accounts_employee WHERE NOT EXISTS (
        SELECT FROM linking_linkedidentity
        WHERE employee_id = accounts_employee.id AND state = 'active')
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_fast_lists"),
        ("linking", "0010_fast_lists"),
    ]

    operations = [
        migrations.CreateModel(
            name="Unlinked",
            fields=[
                (
                    "employee",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="accounts.employee",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
            ],
            options={"default_permissions": ()},
        ),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="unlinked",
            index=models.Index(
                fields=["organisation", "employee"], name="unlinked_of_organisation"
            ),
        ),
        migrations.RemoveIndex(model_name="outgoingmail", name="mail_newest_first"),
        migrations.AddIndex(
            model_name="outgoingmail",
            index=models.Index(fields=["-created_at", "-id"], name="mail_newest_first"),
        ),
        migrations.RemoveIndex(model_name="invitation", name="invitation_newest_first"),
        migrations.AddIndex(
            model_name="invitation",
            index=models.Index(fields=["-invited_at", "-id"], name="invitation_newest_first"),
        ),
        migrations.AddIndex(
            model_name="invitation",
            index=models.Index(
                fields=["organisation", "-invited_at", "-id"], name="invitation_of_organisation"
            ),
        ),
        migrations.AddIndex(
            model_name="invitation",
            index=models.Index(
                fields=["campaign", "-invited_at", "-id"], name="invitation_of_campaign"
            ),
        ),
        migrations.AddIndex(
            model_name="invitation",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", True)),
                fields=["-invited_at", "-id"],
                name="invitation_open_newest_first",
            ),
        ),
        migrations.AddIndex(
            model_name="invitation",
            index=models.Index(
                condition=models.Q(("failed_at__isnull", False)),
                fields=["-invited_at", "-id"],
                name="invitation_failed",
            ),
        ),
        migrations.AddIndex(
            model_name="linkedidentity",
            index=models.Index(
                condition=models.Q(("level", "substantial")),
                fields=["-linked_at", "-id"],
                name="link_by_rare_level",
            ),
        ),
    ]
