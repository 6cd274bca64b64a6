"""Times, addresses and the mail server's answers, as one says them on the telephone."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.\d{1,3}\b")


def moment(at: datetime, now: datetime) -> str:
    """Give «today at 09:14», «yesterday at 09:14» or the date with it, in the portal's time."""
    local, today = timezone.localtime(at), timezone.localdate(now)
    time = f"{local:%H:%M}"
    if local.date() == today:
        return _("today at %(time)s") % {"time": time}
    if local.date() == today - timedelta(days=1):
        return _("yesterday at %(time)s") % {"time": time}
    return _("%(date)s at %(time)s") % {"date": day(local.date(), today), "time": time}


def day(on: date, today: date) -> str:
    """Give «25 November», with the year where it is another."""
    return date_format(on, "MONTH_DAY_FORMAT" if on.year == today.year else "DATE_FORMAT")


def masked(address: str) -> str:
    """Give an address as it may be read aloud, «k…@…»: whoever calls is to say it themselves."""
    return f"{address[:1]}…@…"


# RFC 3463: class and subject of the answer, then what the plain codes of RFC 5321 mean.
_ANSWERS: tuple[tuple[Callable[[str], Any], Any], ...] = (
    (
        lambda answer: not answer or answer.startswith("no answer"),
        _("the mail server did not answer"),
    ),
    (lambda answer: answer.startswith("not sent"), _("it was of no use any more")),
    (
        lambda answer: re.search(r"\b[45]\.2\.2\b|^[45]52\b", answer),
        _("the mailbox is full"),
    ),
    (
        lambda answer: _subject(answer) == ("5", "1") or (not _subject(answer) and "550" in answer),
        _("the mail server knows no such mailbox"),
    ),
    (
        lambda answer: _subject(answer) == ("5", "7") or answer.startswith("554"),
        _("the mail server does not let the mail through"),
    ),
    (lambda answer: answer.startswith("4"), _("the mail server asks to try later")),
)


def mail_answer(answer: str) -> str:
    """Give what the mail server answered: in words, and literally for those who run it."""
    words = next((words for fits, words in _ANSWERS if fits(answer)), _("the mail server says no"))
    literal = answer if answer[:1].isdigit() else ""
    return f"{words} (“{literal}”)" if literal else str(words)


def _subject(answer: str) -> tuple[str, ...]:
    found = _ENHANCED.search(answer)
    return found.groups() if found else ()
