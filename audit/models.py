from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.events import catalogue

# What there is of an event, in the order in which export and sealing read it.
COLUMNS = (
    *("id", "at", "event", "kept", "organisation_id", "employee_id", "actor", "reference"),
    *("reason", "network", "details", "commitment"),
)


class AuditEvent(models.Model):
    """One thing that happened. Holds ids and no foreign keys: it outlives what it tells of.

    PostgreSQL keeps it in partitions and refuses to change it (ADR 0019).
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(_("time"))
    event = models.CharField(_("event"), max_length=40, choices=catalogue)
    kept = models.CharField(_("kept as"), max_length=10)  # the class of retention, as of then
    organisation_id = models.UUIDField(_("organisation"), null=True)
    employee_id = models.UUIDField(_("employee"), null=True)
    actor = models.CharField(_("by"), max_length=100)
    reference = models.CharField(_("reference"), max_length=7, blank=True)
    reason = models.CharField(_("reason"), max_length=60, blank=True)
    network = models.CharField(_("network"), max_length=43, blank=True)
    details = models.JSONField(_("details"), default=dict)
    # Instead of network and details, once the employee has been erased.
    commitment = models.BinaryField(null=True)

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        ordering = ("-id",)
        default_permissions = ("view", "export", "erase")
        indexes = (
            # The log's page reads by time, and each of these answers one question in that order.
            models.Index(fields=["at", "id"], name="audit_by_time"),
            models.Index(fields=["organisation_id", "at", "id"], name="audit_by_organisation_time"),
            # Who reads one organisation's log asks for an event in it; rare ones are far apart.
            models.Index(
                fields=["organisation_id", "event", "at", "id"],
                name="audit_by_organisation_event",
            ),
            models.Index(fields=["employee_id", "at", "id"], name="audit_by_employee_time"),
            models.Index(fields=["event", "at", "id"], name="audit_by_event_time"),
            models.Index(fields=["actor", "at", "id"], name="audit_by_actor_time"),
            models.Index(
                fields=["network", "at", "id"],
                name="audit_by_network_time",
                condition=~models.Q(network=""),
            ),
            models.Index(
                fields=["reference"],
                name="audit_by_reference",
                condition=~models.Q(reference=""),
            ),
        )

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.event}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert only.

        Raises:
            TypeError: the event has been written already.
        """
        if self.pk is not None:
            raise TypeError("An audit event is never changed.")
        super().save(*args, **kwargs)


class Unsealed(models.Model):
    """An event that no seal covers yet. PostgreSQL adds it beside the event, sealing takes it."""

    id = models.BigIntegerField(primary_key=True)
    kept = models.CharField(max_length=10)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.pk)


class Seal(models.Model):
    """One seal in an organisation's chain, or in the portal's, where there is no organisation.

    The statement is kept as it was signed, to the byte; the columns beside it are for finding it.
    """

    organisation_id = models.UUIDField(null=True)
    number = models.BigIntegerField()
    round = models.BigIntegerField()
    sealed_at = models.DateTimeField()
    statement = models.TextField()
    records = models.BinaryField()
    signature = models.BinaryField()

    class Meta:
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(
                fields=["organisation_id", "number"],
                name="seal_once_in_a_chain",
                nulls_distinct=False,
            ),
        )
        indexes = (models.Index(fields=["round"], name="seal_by_round"),)

    def __str__(self) -> str:
        return f"{self.organisation_id or 'portal'} {self.number}"


class SubjectKey(models.Model):
    """The key of an employee's commitments. Without it nobody can tell what they were made of."""

    employee_id = models.UUIDField(primary_key=True)
    key = models.BinaryField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.employee_id)


class AuditForwarding(models.Model):
    """How far the log has been forwarded: one row. What stands before it was acknowledged.

    The place is one in the order of the seals, the only order in which no event turns up behind.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    receiver = models.CharField(max_length=500)
    seal = models.BigIntegerField(default=0)  # the last seal of which everything is acknowledged
    position = models.PositiveIntegerField(default=0)  # of the seal after it, so many records
    acknowledged_at = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    failure = models.CharField(max_length=20, blank=True)  # of otlp.Failure
    said = models.CharField(max_length=200, blank=True)  # by the receiver
    tries = models.PositiveIntegerField(default=0)  # in vain, one after the other
    not_before = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = (
            models.CheckConstraint(condition=models.Q(pk=1), name="forwarding_is_one_row"),
        )

    def __str__(self) -> str:
        return self.receiver
