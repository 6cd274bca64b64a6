from django.db import models

from accounts.models import Employee, Organisation


class Unlinked(models.Model):
    """That an employee has no active link: what «not linked» is looked up in.

    Triggers keep it in the transaction of whatever changes employees or links (ADR 0016). Whoever
    has an active link past its time has no row until beat has ended it: `not_linked` sees to both.

    No foreign keys: their checks would wait for whoever holds the employee.
    """

    employee = models.OneToOneField(
        Employee,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        primary_key=True,
        related_name="+",
    )
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )

    class Meta:
        default_permissions = ()
        indexes = (
            models.Index(fields=["organisation", "employee"], name="unlinked_of_organisation"),
        )

    def __str__(self) -> str:
        return str(self.employee_id)
