"""Addresses that are registered no more, until those concerned have been told."""

from django.db import models


class AddressChange(models.Model):
    """That an employee's registered address was another one until `changed_at`.

    PostgreSQL writes the row in the transaction of the change, whatever made it (ADR 0017): no
    form, import or `UPDATE` can forget it. `linking/actions/address_changes.py` takes it away.
    """

    id = models.BigAutoField(primary_key=True)
    employee = models.ForeignKey("accounts.Employee", on_delete=models.CASCADE, related_name="+")
    old_address = models.EmailField(db_collation="C")
    changed_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"changed {self.changed_at:%Y-%m-%d %H:%M:%S}"
