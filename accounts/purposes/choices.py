"""The purposes for which one may look at a person: the closed list, and its words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Purpose(TextChoices):
    """The log keeps the code; whoever looked and whoever was looked at read the words."""

    SIGN_IN = "sign-in", _("Help with signing in")
    ASKED = "asked", _("An enquiry from the employee")
    REGISTRY = "registry", _("Keeping the registry right")
    CASE = "case", _("Deciding a case")
    SECURITY = "security", _("A security matter")
    RIGHTS = "rights", _("The employee's rights: access, correction, erasure")
    CONTROL = "control", _("Internal control")
    OTHER = "other", _("Another reason")


@dataclass(frozen=True, slots=True)
class Why:
    """A purpose as the log keeps it; `text` is what was written for another reason."""

    purpose: str = ""
    text: str = ""

    @classmethod
    def of(cls, details: Mapping[str, Any]) -> "Why":
        """Read it from an event's details."""
        return cls(str(details.get("purpose", "")), str(details.get("purpose_text", "")))

    def __str__(self) -> str:
        """Give it in words; what was kept before there was a list is its own words."""
        return self.text or purpose_in_words(self.purpose)


NOT_TOLD: Final = Why()


def purpose_in_words(purpose: str) -> str:
    return str(Purpose(purpose).label) if purpose in Purpose.values else purpose
