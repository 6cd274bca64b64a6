"""What the portal keeps of an import: its state and figures, and for a while its rows."""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from accounts.imports.problems import Problem, RowProblem

KEPT_FOR = timedelta(days=90)
"""Rows of an import that was applied: its report, and what undoing it needs."""
WAITS_FOR = timedelta(days=14)
"""An import that nobody approves; then its rows go."""


class ImportQuerySet(models.QuerySet["Import"]):
    def waiting(self) -> Self:
        """Those that somebody is to look at, or that are being compared for it."""
        return self.filter(state__in=Import.WAITING)

    def carried_out(self) -> Self:
        """Those that changed the registry, the newest first, also if it was undone."""
        states = (Import.State.APPLIED, Import.State.UNDOING, Import.State.UNDONE)
        return self.filter(state__in=states, changed_people=True).order_by("-applied_at", "-pk")


class Import(models.Model):
    """One file from HR: what it would change, or did. The file itself is never kept."""

    class State(models.TextChoices):
        COMPARING = "comparing", _("Being compared with the registry")
        REVIEW = "review", _("To be reviewed")
        OUTDATED = "outdated", _("Out of date: must be looked at again")
        APPROVED = "approved", _("Approved, being carried out")
        APPLIED = "applied", _("Applied")
        UNDOING = "undoing", _("Being undone")
        UNDONE = "undone", _("Undone")
        CANCELLED = "cancelled", _("Cancelled")
        REPLACED = "replaced", _("Replaced by a newer file")
        EXPIRED = "expired", _("Not approved in time")
        FAILED = "failed", _("Failed: nothing was changed")

    # Only one of these per organisation.
    WAITING = (State.COMPARING, State.REVIEW, State.OUTDATED)
    UNDER_WAY = (State.COMPARING, State.APPROVED, State.UNDOING)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(
        "accounts.Organisation",
        on_delete=models.CASCADE,
        related_name="imports",
        verbose_name=_("organisation"),
    )
    state = models.CharField(_("state"), max_length=10, choices=State)
    source = models.CharField(_("file"), max_length=200, blank=True)
    columns = models.JSONField(default=list)
    created_at = models.DateTimeField(_("uploaded"))
    created_by = models.CharField(max_length=100)
    looked_by = models.CharField(max_length=100, blank=True)
    """Whose roles the comparison was made with."""
    day = models.DateField(null=True)
    """The day it was compared on: whoever leaves, leaves from then."""
    code = models.CharField(max_length=12, blank=True)
    """Tells this changeset from any other (`Plan.code`)."""
    approved_at = models.DateTimeField(null=True)
    approved_by = models.CharField(max_length=100, blank=True)
    confirmed_leavers = models.PositiveIntegerField(null=True)
    """As typed by whoever approved more than the limit."""
    started_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    """Of a worker, at what is under way."""
    applied_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=100, blank=True)
    problem = models.CharField(max_length=20, blank=True)
    """Why the last thing that was tried with it was not done, for `words`."""
    rows_deleted_at = models.DateTimeField(null=True)
    changed_people = models.BooleanField(default=False)

    new = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    moved = models.PositiveIntegerField(default=0)
    leaving = models.PositiveIntegerField(default=0)
    returning = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    employed = models.PositiveIntegerField(default=0)
    losing_access = models.PositiveIntegerField(default=0)
    kept_from_leaving = models.PositiveIntegerField(default=0)

    objects: ClassVar[ImportQuerySet] = ImportQuerySet.as_manager()  # type: ignore[assignment]  # a manager with its methods

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports from HR")
        ordering = ("-created_at", "-id")
        default_permissions = ("view", "add", "change")
        constraints = (
            models.UniqueConstraint(
                fields=["organisation"],
                condition=Q(state__in=("comparing", "review", "outdated", "approved")),
                name="import_waits_once_per_organisation",
            ),
            models.CheckConstraint(
                condition=Q(applied_at__isnull=False)
                | ~Q(state__in=("applied", "undoing", "undone")),
                name="import_applied_has_a_time",
            ),
        )
        indexes = (
            models.Index(fields=["organisation", "-created_at"], name="import_newest_first"),
        )

    def __str__(self) -> str:
        return self.source or str(self.pk)

    @property
    def changes(self) -> int:
        """How many people it changes."""
        return self.new + self.changed + self.moved + self.leaving + self.returning

    def loses_too_many(self, limit: int) -> bool:
        """As `Plan.loses_too_many`, of what was looked at."""
        return self.losing_access * 100 > limit * self.employed

    def rows_end_at(self) -> datetime | None:
        """When its rows are deleted, where they are not yet."""
        if self.rows_deleted_at is not None:
            return None
        begin = self.applied_at
        return begin + KEPT_FOR if begin else self.created_at + WAITS_FOR


class ImportRow(models.Model):
    """A person that an import changes, or a row of the file that it refused.

    No identity number and, in what is shown, no fingerprint: of that only whether there is one.
    """

    class Kind(models.TextChoices):
        REFUSED = "refused", _("refused")
        NEW = "new", _("new")
        CHANGED = "changed", _("changed")
        MOVED = "moved", _("moved to another department")
        LEAVING = "leaving", _("leaving")
        RETURNING = "returning", _("returning")

    changeset = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="rows")
    kind = models.CharField(max_length=10, choices=Kind)
    line = models.PositiveIntegerField(null=True)
    employee = models.ForeignKey(
        "accounts.Employee", on_delete=models.CASCADE, null=True, related_name="+"
    )
    """None of a new person, until they are registered, and of a refused row."""
    employee_number = models.CharField(max_length=50, blank=True)
    name = models.CharField(max_length=301, blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    problems = models.JSONField(default=list)
    loses_access = models.BooleanField(default=False)
    before_fingerprint = models.BinaryField(max_length=32, null=True)
    before_key = models.CharField(max_length=50, blank=True)
    after_fingerprint = models.BinaryField(max_length=32, null=True)
    after_key = models.CharField(max_length=50, blank=True)

    class Meta:
        verbose_name = _("row of an import")
        verbose_name_plural = _("rows of imports")
        default_permissions = ()
        indexes = (
            models.Index(fields=["changeset", "kind", "id"], name="import_row_by_kind"),
            models.Index(
                fields=["changeset", "id"],
                condition=Q(loses_access=True),
                name="import_row_losing_access",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.employee_number}"

    @property
    def what_is_wrong(self) -> list[Problem]:
        """Give why the row was refused, for `words`."""
        return [problem_of(kept) for kept in self.problems]


def problem_of(kept: list[Any]) -> Problem:
    """Give a problem from the JSON it was kept as: kind, column, what was read, names."""
    kind, column, read, names = kept
    return Problem(RowProblem(kind), column, read, tuple(names))


def problem_as_json(problem: Problem) -> list[Any]:
    """Give what `problem_of` reads."""
    return [problem.kind.value, problem.column, problem.read, list(problem.names)]


class ReadFile(models.Model):
    """The rows of a file as they were read, fingerprinted, while somebody is to look at them.

    Here until the import is applied, cancelled or replaced: with it the comparison can be made
    again, without the file.
    """

    changeset = models.OneToOneField(
        Import, on_delete=models.CASCADE, primary_key=True, related_name="read_file"
    )
    content = models.BinaryField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.pk)


class ColumnNames(models.Model):
    """What an organisation's HR system calls its columns, as somebody has told it."""

    organisation = models.OneToOneField(
        "accounts.Organisation",
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="column_names",
    )
    names = models.JSONField(default=dict)
    """From the name in the file, in lower case, to the column; "" is left out."""

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.organisation)
