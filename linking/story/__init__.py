"""What happened to an employee and what to do, in words: values in, sentences out, no database."""

from linking.story.answer import Answer, Verdict, answer
from linking.story.codes import code_in_words
from linking.story.refused import refusal_in_words
from linking.story.timeline import Entry, timeline
from linking.story.values import (
    BlockHeld,
    CaseOpened,
    CodeAsked,
    Invited,
    LinkHeld,
    MailQueued,
    Noted,
    Person,
    Told,
)
from linking.story.wording import masked, moment

__all__ = (
    "Answer",
    "BlockHeld",
    "CaseOpened",
    "CodeAsked",
    "Entry",
    "Invited",
    "LinkHeld",
    "MailQueued",
    "Noted",
    "Person",
    "Told",
    "Verdict",
    "answer",
    "code_in_words",
    "masked",
    "moment",
    "refusal_in_words",
    "timeline",
)
