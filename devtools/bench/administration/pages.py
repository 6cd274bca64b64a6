"""What is opened: by name, with the address and who may open it."""

from collections.abc import Iterator
from dataclasses import dataclass

EVERYWHERE, ONE_LARGE, ALL_LINKED, ONE_SMALL, SUPPORT = (
    "administrator of the whole portal",
    "registrar of the large organisation",
    "registrar where everybody is linked",
    "administrator of a small organisation",
    "support of the large organisation",
)
VIEWERS = (EVERYWHERE, ONE_LARGE, ALL_LINKED, ONE_SMALL, SUPPORT)
DEEP = "?p=200"  # the last that can be reached
_NAMES = {
    "a common name": "Hansen",
    "three letters": "han",
    "one letter": "a",
    "both names": "kari han",
    "the second name": "Berg Åse",
    "an e-mail's beginning": "kari.hansen1",
    "an employee number": "123456",
    "nothing to find": "qqxyz",
}
_LISTS = {
    "employee": {
        "deep": DEEP,
        "linked": "?linked=yes",
        "not linked": "?linked=no",
        "employed, not linked": "?employed=now&linked=no",
        "invited, not linked": "?linked=invited",
        "employed": "?employed=now",
        "not employed": "?employed=not",
        "a department": "?department=Avdeling+17",
        "a department, not linked": "?department=Avdeling+17&linked=no",
        "from the end": "?o=-1",
    },
    "linkedidentity": {
        "deep": DEEP,
        "pending": "?state__exact=pending",
        "expired": "?state__exact=expired",
        "a rare level": "?level__exact=substantial",
        "oldest first": "?o=6",
    },
    "pendingcode": {
        "deep": DEEP,
        "queued": "?state__exact=queued",
        "failed": "?state__exact=failed",
        "a refusal": "?refusal__exact=birth-date-mismatch",
        "an open address": "?q=kari.han",
    },
    "outgoingmail": {
        "deep": DEEP,
        "queued": "?state__exact=queued",
        "failed": "?state__exact=failed",
        "a rare kind": "?kind__exact=stale",
    },
    "case": {"decided": "?decided=yes"},
    "block": {},
    "campaign": {},
    "invitation": {
        "deep": DEEP,
        "sent": "?stage=sent",
        "failed": "?stage=failed",
        "opened": "?stage=opened",
        "signed in": "?stage=signed_in",
        "linked": "?stage=linked",
        "not linked": "?stage=not_linked",
        "open": "?stage=open",
        "a campaign's": "?campaign={campaign}",
        "a campaign's, not linked": "?campaign={campaign}&stage=not_linked",
        "a campaign's, failed": "?campaign={campaign}&stage=failed",
    },
    "user": {"deep": DEEP},
    "organisation": {},
    "rolegrant": {},
}
_APPS = dict.fromkeys(("employee", "user", "organisation", "rolegrant"), "accounts")
_COMPLETE = "/admin/autocomplete/?app_label=linking&model_name=linkedidentity&field_name=employee"
_SEARCHED = (
    "employee",
    "linkedidentity",
    "pendingcode",
    "outgoingmail",
    "case",
    "invitation",
    "user",
)
_REGISTRAR = ("employee", "organisation")
_NOT_SUPPORT = ("user", "rolegrant")


@dataclass(frozen=True, slots=True)
class Page:
    name: str
    address: str

    @property
    def is_deep(self) -> bool:
        return DEEP in self.address


def pages(viewer: str, *, employee: str, campaign: str) -> Iterator[Page]:
    """Give what this viewer opens; `employee` and `campaign` are the keys of one of theirs."""
    yield Page("first page", "/admin/")
    for model, filters in _LISTS.items():
        if _may(viewer, model):
            address = f"/admin/{_APPS.get(model, 'linking')}/{model}/"
            yield Page(f"{model}: first", address)
            for name, ask in filters.items():
                yield Page(f"{model}: {name}", address + ask.format(campaign=campaign))
            if model in _SEARCHED:
                yield from (
                    Page(f"{model}: search {name}", f"{address}?q={typed.replace(' ', '+')}")
                    for name, typed in _NAMES.items()
                )
    for name, typed in _NAMES.items():
        yield Page(f"employee: complete {name}", f"{_COMPLETE}&term={typed.replace(' ', '+')}")
    yield Page("employee: page", f"/admin/accounts/employee/{employee}/change/")
    if _may(viewer, "campaign"):
        yield Page("campaign: page", f"/admin/linking/campaign/{campaign}/change/")


def _may(viewer: str, model: str) -> bool:
    if viewer == EVERYWHERE:
        return True
    if viewer in (ONE_LARGE, ALL_LINKED):
        return model in _REGISTRAR
    return model not in _NOT_SUPPORT or (viewer == ONE_SMALL and model == "rolegrant")
