"""Assurance levels and the electronic IDs that reach them."""

from dataclasses import dataclass

LEVEL_NAMES = ("low", "substantial", "high")
SUBSTANTIAL, HIGH = "idporten-loa-substantial", "idporten-loa-high"

# Both spellings are asked for in the wild; what is answered is always ID-porten's own.
ACR_RANKS = {
    f"{prefix}-loa-{name}": rank
    for prefix in ("idporten", "eidas")
    for rank, name in enumerate(LEVEL_NAMES)
}


@dataclass(frozen=True)
class Eid:
    """One electronic ID on the page «Velg elektronisk ID»."""

    slug: str
    name: str
    amr: str
    acr: str
    tells_names: bool


EIDS = (
    Eid("minid", "MinID", "Minid-OTC", SUBSTANTIAL, tells_names=False),
    Eid("bankid", "BankID", "BankID", HIGH, tells_names=True),
    Eid("bankid-mobil", "BankID på mobil", "BankID Mobil", HIGH, tells_names=True),
    Eid("buypass-kort", "Buypass ID på smartkort", "Buypass", HIGH, tells_names=True),
    Eid("buypass-mobil", "Buypass ID i mobil", "Buypass", HIGH, tells_names=True),
    Eid("commfides", "Commfides", "Commfides", HIGH, tells_names=False),
)


def reaches(acr: str, minimum: str) -> bool:
    """Whether a sign-in at `acr` is enough where `minimum` was asked for."""
    return ACR_RANKS[acr] >= ACR_RANKS[minimum]


def eids_for(minimum: str) -> tuple[Eid, ...]:
    """The eIDs to offer when `minimum` was asked for, in the order of the page."""
    return tuple(eid for eid in EIDS if reaches(eid.acr, minimum))


def find_eid(name: str) -> Eid:
    """The eID with this slug or shown name; KeyError when there is none."""
    for eid in EIDS:
        if name in (eid.slug, eid.name):
            return eid
    raise KeyError(name)
