"""What is opened: by name, with the address and who may open it."""

from collections.abc import Iterator
from dataclasses import dataclass

EVERYWHERE, ONE_LARGE, ONE_SMALL, SUPPORT = (
    "administrator of the whole portal",
    "registrar of the large organisation",
    "administrator of a small organisation",
    "support of the large organisation",
)
VIEWERS = (EVERYWHERE, ONE_LARGE, ONE_SMALL, SUPPORT)
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
    "user": {"deep": DEEP},
    "organisation": {},
    "rolegrant": {},
}
_APPS = dict.fromkeys(("employee", "user", "organisation", "rolegrant"), "accounts")
_SEARCHED = ("employee", "linkedidentity", "pendingcode", "outgoingmail", "case", "user")
_REGISTRAR = ("employee", "organisation")
_NOT_SUPPORT = ("user", "rolegrant")


@dataclass(frozen=True, slots=True)
class Page:
    name: str
    address: str

    @property
    def is_deep(self) -> bool:
        return DEEP in self.address


def pages(viewer: str, *, employee: str) -> Iterator[Page]:
    """Give what this viewer opens; `employee` is the key of one of theirs."""
    yield Page("first page", "/admin/")
    for model, filters in _LISTS.items():
        if _may(viewer, model):
            address = f"/admin/{_APPS.get(model, 'linking')}/{model}/"
            yield Page(f"{model}: first", address)
            yield from (Page(f"{model}: {name}", address + ask) for name, ask in filters.items())
            if model in _SEARCHED:
                yield from (
                    Page(f"{model}: search {name}", f"{address}?q={typed.replace(' ', '+')}")
                    for name, typed in _NAMES.items()
                )
    yield Page("employee: page", f"/admin/accounts/employee/{employee}/change/")


def _may(viewer: str, model: str) -> bool:
    if viewer == EVERYWHERE:
        return True
    if viewer == ONE_LARGE:
        return model in _REGISTRAR
    return model not in _NOT_SUPPORT or (viewer == ONE_SMALL and model == "rolegrant")
