from datetime import date
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.address_changes import AddressChange
from accounts.addresses import fold_email
from accounts.administrators.models import TryBudget
from accounts.grants import RoleGrant
from accounts.ids import uuid7
from accounts.imports.models import ColumnNames, Import, ImportRow, ReadFile
from accounts.search import WordsIndex, words_of_a_person
from accounts.sessions import UserSession
from audit.callers import Caller

__all__ = (
    "AddressChange",
    "AssuranceLevel",
    "ColumnNames",
    "Employee",
    "Import",
    "ImportRow",
    "NameMismatch",
    "Organisation",
    "ReadFile",
    "RoleGrant",
    "TryBudget",
    "User",
    "UserSession",
    "fold_email",
)


class AssuranceLevel(models.TextChoices):
    """How sure the eID is of the person: the least an organisation takes."""

    SUBSTANTIAL = "substantial", _("Substantial (MinID and up)")
    HIGH = "high", _("High (BankID, Buypass, Commfides)")


class NameMismatch(models.TextChoices):
    """What an organisation does where the name from the eID is not the registered one."""

    IGNORE = "ignore", _("Make the link")
    APPROVE = "approve", _("Let an administrator approve the link")
    REFUSE = "refuse", _("Send no code")


validate_host = RegexValidator(
    r"\A[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?\Z",
    _("Write the host name alone, in lower case: login.example.no"),
)


class Organisation(models.Model):
    """An employer on this portal, with its own sign-in address and its own rules."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.SlugField(_("short name"), unique=True)
    name = models.CharField(_("name"), max_length=200)
    host = models.CharField(
        _("sign-in address"),
        max_length=255,
        unique=True,
        validators=[validate_host],
        help_text=_("The host name where this organisation's employees sign in."),
    )
    support_email = models.EmailField(_("support e-mail"))
    support_phone = models.CharField(_("support telephone"), max_length=40, blank=True)
    default_language = models.CharField(
        _("default language"), max_length=5, choices=settings.LANGUAGES, default="nb"
    )
    minimum_assurance = models.CharField(
        _("minimum assurance level"),
        max_length=20,
        choices=AssuranceLevel,
        default=AssuranceLevel.SUBSTANTIAL,
    )
    unused_days = models.PositiveSmallIntegerField(
        _("days until an unused link expires"),
        default=365,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
    )
    name_mismatch = models.CharField(
        _("if the name from the eID is another"),
        max_length=10,
        choices=NameMismatch,
        default=NameMismatch.APPROVE,
        help_text=_("MinID tells no name: then there is nothing to compare."),
    )
    approve_links = models.BooleanField(
        _("each new link must be approved"),
        default=False,
        help_text=_("An administrator looks at each new link before the employee is let in."),
    )
    # The Court of Justice, C-579/21: a person has a right to when and why they were looked at, not
    # as a rule to who of the staff it was. Whoever employs both decides.
    shows_who_looked = models.BooleanField(
        _("employees see the names of those who looked them up"),
        default=False,
        db_default=False,
        help_text=_(
            "Employees always see when they were looked up, in which role and for what. The name "
            "is shown of the organisation's own staff alone."
        ),
    )
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    @property
    def base_url(self) -> str:
        """The address employees sign in at, without a slash at the end."""
        return f"{settings.PORTAL_SCHEME}://{self.host}"


class EmployeeQuerySet(models.QuerySet["Employee"]):
    def with_email(self, organisation: Organisation, address: str) -> Self:
        """Those of the organisation whose registered address is this one: one or none."""
        return self.at_address(address).filter(organisation=organisation)

    def at_address(self, address: str) -> Self:
        """Those whose registered address is this one: in each organisation one or none."""
        return self.annotate(folded_email=Lower("email")).filter(folded_email=fold_email(address))

    def not_employed(self, on: date) -> Self:
        """The others: by three conditions that are each an index's."""
        return self.filter(
            models.Q(active=False) | models.Q(starts_on__gt=on) | models.Q(ends_on__lt=on)
        )

    def employed(self, on: date) -> Self:
        """Those who are active, and have begun and not left on the day `on`."""
        return self.filter(
            models.Q(starts_on__isnull=True) | models.Q(starts_on__lte=on),
            models.Q(ends_on__isnull=True) | models.Q(ends_on__gte=on),
            active=True,
        )


class Employee(models.Model):
    """A person as the employer has registered them. The key never changes."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        related_name="employees",
        verbose_name=_("organisation"),
    )
    employee_number = models.CharField(_("employee number"), max_length=50)
    first_name = models.CharField(_("first name"), max_length=150)
    last_name = models.CharField(_("last name"), max_length=150)
    # Collation C: only A to Z fold, so that no other letter passes for one of them.
    email = models.EmailField(_("e-mail"), db_collation="C")
    birth_date = models.DateField(_("birth date"), null=True, blank=True)
    national_id_fingerprint = models.BinaryField(max_length=32, null=True, editable=False)
    national_id_key = models.CharField(max_length=50, blank=True, editable=False)
    department = models.CharField(_("department"), max_length=200, blank=True)
    starts_on = models.DateField(_("first day"), null=True, blank=True)
    ends_on = models.DateField(_("last day"), null=True, blank=True)
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES, blank=True)
    active = models.BooleanField(_("active"), default=True)

    objects: ClassVar[Any] = EmployeeQuerySet.as_manager()

    class Meta:
        verbose_name = _("employee")
        verbose_name_plural = _("employees")
        ordering = ("last_name", "first_name", "id")
        constraints = (
            models.UniqueConstraint(
                "organisation",
                Lower("email"),
                name="employee_email_once_per_organisation",
                violation_error_message=_("This e-mail address belongs to another employee."),
            ),
            models.UniqueConstraint(
                fields=["organisation", "employee_number"],
                name="employee_number_once_per_organisation",
            ),
            models.CheckConstraint(
                condition=models.Q(starts_on__isnull=True)
                | models.Q(ends_on__isnull=True)
                | models.Q(ends_on__gte=models.F("starts_on")),
                name="employee_leaves_after_starting",
                violation_error_message=_("The last day is before the first day."),
            ),
        )
        indexes = (
            models.Index(
                fields=["organisation", "last_name", "first_name"], name="employee_by_name"
            ),
            models.Index(
                fields=["last_name", "first_name", "id"], name="employee_by_name_everywhere"
            ),
            WordsIndex(words_of_a_person(), name="employee_by_words"),
            models.Index(fields=["organisation", "department"], name="employee_by_department"),
            models.Index(
                fields=["department", "last_name", "first_name", "id"],
                name="employee_of_department",
            ),
            models.Index(
                fields=["starts_on"],
                condition=models.Q(starts_on__isnull=False),
                name="employee_by_first_day",
            ),
            models.Index(
                fields=["ends_on"],
                condition=models.Q(ends_on__isnull=False),
                name="employee_by_last_day",
            ),
            models.Index(fields=["id"], condition=models.Q(active=False), name="employee_inactive"),
            models.Index(
                fields=["national_id_fingerprint"],
                condition=models.Q(national_id_fingerprint__isnull=False),
                name="employee_by_number",
            ),
        )

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}"

    def is_employed(self, on: date) -> bool:
        """Whether the person is active, and has begun and not left on the day `on`."""
        begun = self.starts_on is None or self.starts_on <= on
        return begun and not self.has_left(on)

    def has_left(self, on: date) -> bool:
        """Whether the person is inactive, or left before the day `on`."""
        return not self.active or (self.ends_on is not None and self.ends_on < on)


class UserManager(BaseUserManager["User"]):
    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> "User":
        """Make an administrator of everything, for Django's own `createsuperuser`."""
        user = self.model(username=username, is_staff=True, is_superuser=True, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """Who is signed in: an employee once linked, or a local administrator with a user name."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    username = models.CharField(_("user name"), max_length=150, unique=True, null=True, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    employee = models.OneToOneField(
        Employee,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="user",
        verbose_name=_("employee"),
    )
    is_staff = models.BooleanField(_("may use the administration"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(_("made"), default=timezone.now)

    last_login = None  # links tell when they were last used; a write less on every sign-in

    objects = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        indexes = (models.Index(fields=["username", "id"], name="user_local_ones_first"),)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(username__isnull=False) ^ models.Q(employee__isnull=False),
                name="user_is_an_employee_or_has_a_user_name",
            ),
        )

    def __str__(self) -> str:
        return str(self.employee) if self.employee is not None else str(self.username)

    def get_short_name(self) -> str:
        """How the administration greets; an employee has no user name."""
        return str(self)

    # Where the request came from whose user this is: set with it, and in no column.
    network = ""

    @property
    def actor(self) -> Caller:
        """The name under which the audit log knows this user, and from where they called."""
        return Caller(f"user:{self.pk}", self.network)
