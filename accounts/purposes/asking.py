"""The one place that decides what somebody looks at a person for, and whether to ask first."""

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone

from accounts.purposes.choices import NOT_TOLD, Why
from accounts.purposes.standing import covering, standing

# On the request: whom the page that answers it is about.
_LOOKED_AT = "_looked_at"


class PurposeNeeded(Exception):  # a reason, not an error
    """A page about these people was to open, and nobody has told what for.

    `PurposeMiddleware` answers with the page that asks.
    """

    def __init__(self, people: Iterable[UUID]) -> None:
        super().__init__("A purpose is needed.")
        self.people = frozenset(people)


def purposes_for(
    request: HttpRequest,
    people: Iterable[UUID],
    *,
    quoted: bool = False,
    seen: Collection[UUID] = (),
) -> Mapping[UUID, Why]:
    """Give for what each of these is looked at; to be called when the user may look at them.

    `quoted`: somebody has quoted a reference, which is why enough. Of those who were `seen`, as on
    a form that comes back, nothing is asked once more.

    Raises:
        PurposeNeeded: no purpose holds for somebody.
    """
    whom = frozenset(people)
    held = standing(request.session, now=timezone.now())
    found = {each: covering(held, [each]) for each in whom}
    missing = [each for each, why in found.items() if why is None and each not in seen]
    if missing and not quoted:
        raise PurposeNeeded(missing)
    setattr(request, _LOOKED_AT, whom | looked_at(request))
    return {each: why.why if why is not None else NOT_TOLD for each, why in found.items()}


def purpose_for(request: HttpRequest, employee: UUID, *, quoted: bool = False) -> Why:
    """Give it of one."""
    return purposes_for(request, [employee], quoted=quoted)[employee]


def looked_at(request: HttpRequest) -> frozenset[UUID]:
    """Give whom the answer to this request is about, as far as it has been noted."""
    people: frozenset[UUID] = getattr(request, _LOOKED_AT, frozenset())
    return people
