"""What an event's details say: for each of them a sentence, or nothing where a link says it."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final

from django.apps import apps
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.log_reading import without_free_text
from accounts.models import AssuranceLevel
from accounts.purposes.choices import purpose_in_words
from accounts.roles import Role
from audit.events import Event, Kept
from linking.eids import eid_name
from linking.logbook.words.columns import changes_in_words, day_in_words, field_in_words
from linking.logbook.words.names import Names
from linking.models import Block, OutgoingMail

type Way = Callable[[Any, Names], str]


def _with(text: Any, of: Callable[[Any], Any] = str) -> Way:
    """A sentence with the value in it."""
    return lambda value, _names: str(text) % {"value": of(value)}


def _unless_none(text: Any) -> Way:
    return lambda value, _names: str(text) % {"value": value} if value else ""


def _whether(yes: Any, no: Any = "") -> Way:
    return lambda value, _names: str(yes if value else no)


def _of_person(text: Any) -> Way:
    return lambda value, names: str(text) % {"value": names.person(value)}


def _of_user(text: Any) -> Way:
    return lambda value, names: str(text) % {"value": names.user(value)}


def _silent(_value: Any, _names: Names) -> str:
    return ""


def _label(choices: Any) -> Callable[[Any], str]:
    return lambda value: (
        str(choices(value).label) if value in choices.values else _("something else")
    )


def _moment(value: Any) -> str:
    """Write a moment in the reader's time; whatever is none stays what it is."""
    try:
        return date_format(localtime(datetime.fromisoformat(value)), "SHORT_DATETIME_FORMAT")
    except (TypeError, ValueError, OverflowError):
        return str(value)


_FACTORS: Final = {
    "totp": gettext_lazy("an authenticator app"),
    "webauthn": gettext_lazy("a passkey"),
    "recovery_codes": gettext_lazy("a recovery code"),
}
_ENDED: Final = {
    "signed out": gettext_lazy("They pressed “Log out”."),
    "administrator": gettext_lazy("An administrator signed them out."),
    "front-channel": gettext_lazy("They signed out at ID-porten, in this browser."),
    "back-channel": gettext_lazy("ID-porten reported that they had signed out there."),
    "not employed": gettext_lazy("The employee is not employed any more."),
    "employee deleted": gettext_lazy("The employee was deleted."),
    "employee merged": gettext_lazy("The employee was registered twice, and the records merged."),
    "second-factor-removed": gettext_lazy("A second factor had been removed."),
    "second-factor-reset": gettext_lazy("The second factor had been reset."),
    "key-given-up": gettext_lazy("The fingerprint key was given up."),
}
_SEARCHED: Final = {
    "nothing": gettext_lazy("nothing"),
    "identity-number": gettext_lazy("something that looked like an identity number"),
    "e-mail": gettext_lazy("an e-mail address"),
    "reference": gettext_lazy("a reference"),
    "name": gettext_lazy("a name or a number"),
    "person": gettext_lazy("an employee"),
    "event": gettext_lazy("an event"),
    "group": gettext_lazy("a group of events"),
    "severity": gettext_lazy("severity"),
    "days": gettext_lazy("the last days"),
    "since": gettext_lazy("a time"),
    "until": gettext_lazy("a time"),
    "network": gettext_lazy("a network"),
    "bits": gettext_lazy("a network"),
    "actor": gettext_lazy("who did it"),
    "organisation": gettext_lazy("an organisation"),
    "everything": gettext_lazy("everything, the newest first"),
}
_SOMETHING: Final = gettext_lazy("something else")
_FORMS: Final = {
    "verifier": gettext_lazy("with seals and every detail, for the verifier"),  # by the command
    "sealed": gettext_lazy("with seals and every detail, for the verifier"),
    "csv": "CSV",
    "json-lines": "JSON Lines",
}
_PROCESSES: Final = {
    "web": gettext_lazy("web"),
    "worker": gettext_lazy("worker"),
    "beat": gettext_lazy("beat"),
}


def _in(table: Mapping[str, Any]) -> Callable[[Any], str]:
    return lambda value: str(table.get(str(value), _SOMETHING))


def _ways_of(values: Any) -> str:
    """Say by what was searched, each once."""
    every = values if isinstance(values, list) else [values]
    return ", ".join(dict.fromkeys(_in(_SEARCHED)(value) for value in every))


def _fields(values: Any) -> str:
    every = values if isinstance(values, list) else [values]
    return ", ".join(dict.fromkeys(field_in_words(str(name)) for name in every))


def _day(value: Any) -> str:
    return day_in_words(value) or str(_SOMETHING)


def _month(value: Any) -> str:
    try:
        return date_format(date.fromisoformat(f"{value}-01"), "YEAR_MONTH_FORMAT")
    except ValueError:
        return str(_SOMETHING)


def _page(value: Any) -> str:
    """Give what a list of the administration is called."""
    app, _underscore, model = str(value).partition("_")
    try:
        return str(apps.get_model(app, model)._meta.verbose_name_plural)
    except LookupError:
        return str(_SOMETHING)


def _how_many(values: Any) -> str:
    return str(len(values)) if isinstance(values, list) else "1"


def _roles(values: Any) -> str:
    every = values if isinstance(values, list) else [values]
    return ", ".join(_label(Role)(role) for role in every) or _("none")


DETAILS: Final[Mapping[str, Way]] = {
    "user": _of_user(gettext_lazy("It is about the account of %(value)s.")),
    "other": _of_person(gettext_lazy("The other record is that of %(value)s.")),
    "from": _with(gettext_lazy("Roles here before: %(value)s."), _roles),
    "to": _with(gettext_lazy("Roles here now: %(value)s."), _roles),
    "fields": _with(gettext_lazy("Changed: %(value)s."), _fields),
    "eid": _with(gettext_lazy("Electronic ID: %(value)s."), lambda value: eid_name(str(value))),
    "level": _with(gettext_lazy("Level of security: %(value)s."), _label(AssuranceLevel)),
    "how": lambda value, _names: str(_ENDED.get(str(value), "")),
    "why": _with(gettext_lazy("Reason given: %(value)s")),
    "purpose": _with(gettext_lazy("Purpose: %(value)s."), lambda kept: purpose_in_words(str(kept))),
    "purpose_text": _with(gettext_lazy("The reason, in their words: “%(value)s”")),
    "kind": _with(gettext_lazy("Mail: %(value)s."), _label(OutgoingMail.Kind)),
    "attempts": _with(gettext_lazy("Tries to deliver it: %(value)s.")),
    "tries": _with(gettext_lazy("Tries with this code so far: %(value)s.")),
    "request": _with(gettext_lazy("Reference of the request: %(value)s.")),
    "budget": _with(gettext_lazy("The block: %(value)s."), _label(Block.Budget)),
    "factor": _with(gettext_lazy("Second factor: %(value)s."), _in(_FACTORS)),
    "again": _whether(gettext_lazy("They were in already, and confirmed that it was they.")),
    "left": _with(gettext_lazy("Recovery codes left: %(value)s.")),
    "slug": _with(gettext_lazy("Short name: %(value)s.")),
    "host": _with(gettext_lazy("Sign-in address: %(value)s.")),
    "source": _unless_none(gettext_lazy("File: %(value)s.")),
    "new": _unless_none(gettext_lazy("New: %(value)s.")),
    "changed": _unless_none(gettext_lazy("Changed: %(value)s.")),
    "moved": _unless_none(gettext_lazy("Moved to another department: %(value)s.")),
    "leaving": _unless_none(gettext_lazy("Leaving: %(value)s.")),
    "returning": _unless_none(gettext_lazy("Returning: %(value)s.")),
    "unchanged": _unless_none(gettext_lazy("Unchanged: %(value)s.")),
    "refused": _unless_none(gettext_lazy("Rows refused: %(value)s.")),
    "restored": _unless_none(gettext_lazy("As before again: %(value)s.")),
    "deleted": _unless_none(gettext_lazy("Deleted: %(value)s.")),
    "ended": _unless_none(gettext_lazy("Ended: %(value)s.")),
    "count": _with(gettext_lazy("Number: %(value)s.")),
    "invited": _with(gettext_lazy("Invited: %(value)s.")),
    "reminded": _with(gettext_lazy("Reminded: %(value)s.")),
    "hits": _with(gettext_lazy("Found: %(value)s.")),
    "kinds": _with(gettext_lazy("Searched for: %(value)s."), _ways_of),
    "key": _with(gettext_lazy("Key: %(value)s.")),
    "before": _unless_none(gettext_lazy("Key before: %(value)s.")),
    "receiver": _with(gettext_lazy("Receiver: %(value)s.")),
    "event_id": _unless_none(gettext_lazy("Number of the event: %(value)s.")),
    "since": _with(gettext_lazy("Since %(value)s."), _moment),
    "links": _unless_none(gettext_lazy("Links: %(value)s.")),
    "registered_numbers": _unless_none(gettext_lazy("Registered identity numbers: %(value)s.")),
    "requests": _unless_none(gettext_lazy("Requests for a code: %(value)s.")),
    "blocks": _unless_none(gettext_lazy("Blocks: %(value)s.")),
    "cases": _unless_none(gettext_lazy("Cases: %(value)s.")),
    "starts_on": _with(gettext_lazy("First day: %(value)s."), _day),
    "ends_on": _with(gettext_lazy("Last day: %(value)s."), _day),
    "unused_days": _with(gettext_lazy("Days until an unused link expires: %(value)s.")),
    "page": _with(gettext_lazy("Page: %(value)s."), _page),
    "roles": _with(gettext_lazy("In the role of: %(value)s."), _roles),
    "kept": _with(gettext_lazy("Kept as: %(value)s."), _label(Kept)),
    "month": _with(gettext_lazy("Month: %(value)s."), _month),
    "form": _with(gettext_lazy("Format: %(value)s."), _in(_FORMS)),
    "day": _with(gettext_lazy("Day: %(value)s."), _day),
    "staff": _with(gettext_lazy("Members of staff: %(value)s.")),
    "flagged": _with(gettext_lazy("To be looked into: %(value)s.")),
    "mails": _with(gettext_lazy("Mails: %(value)s.")),
    "task": _with(gettext_lazy("Task: %(value)s.")),
    "process": _with(gettext_lazy("Process: %(value)s."), _in(_PROCESSES)),
    "version": _with(gettext_lazy("Version: %(value)s.")),
    "migrations": _with(gettext_lazy("Migrations: %(value)s."), _how_many),
    # Keys of rows: nothing that says anything to a reader.
    "changeset": _silent,
    "campaign": _silent,
    "invitation": _silent,
}
# Where a name means another thing.
OF_AN_EVENT: Final[Mapping[tuple[str, str], Way]] = {
    (Event.PERSON_SEARCHED, "kind"): _with(gettext_lazy("Searched for: %(value)s."), _ways_of),
    (Event.AUDIT_SEARCHED, "kind"): _with(gettext_lazy("Searched for: %(value)s."), _ways_of),
    (Event.PERSON_DOWNLOADED, "kind"): _silent,
    (Event.FORWARDING_BEGUN, "before"): _unless_none(gettext_lazy("Before: %(value)s.")),
    (Event.COLUMNS_NAMED, "count"): _with(gettext_lazy("Names of columns kept: %(value)s.")),
    (Event.SIGN_IN_STARTED, "again"): _whether(gettext_lazy("A fresh sign-in was asked for.")),
    (Event.REFINGERPRINTED, "tries"): _unless_none(gettext_lazy("Wrong codes: %(value)s.")),
}


def details_in_words(
    event: str, details: Mapping[str, Any], names: Names, *, values: bool, free_text: bool
) -> tuple[str, ...]:
    """Tell what the details say, in the order of the table; of what has no words, nothing.

    `values`: whether to tell what stood in the columns that were changed, or their names alone;
    `free_text`: whether to tell what somebody wrote.
    """
    changes = details.get("changes")
    if not free_text:
        details = without_free_text(details)
    if not isinstance(changes, dict) or not changes:
        return tuple(_told(event, details, names))
    rest = {name: value for name, value in details.items() if name != "fields"}
    if not values:
        return tuple(_told(event, rest | {"fields": list(changes)}, names))
    return (*changes_in_words(changes), *_told(event, rest, names))


def _told(event: str, details: Mapping[str, Any], names: Names) -> Iterator[str]:
    for name, way in DETAILS.items():
        value = details.get(name)
        if value is None or value == "":
            continue
        words = OF_AN_EVENT.get((event, name), way)(value, names)
        if words:
            yield words
