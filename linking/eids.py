"""What the eIDs are called. `amr` values change: they are shown and logged, never decided on."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_NAMES: dict[str, str | Promise] = {
    "bankid": "BankID",
    "bankid mobil": _("BankID on mobile"),
    "buypass": "Buypass ID",
    "commfides": "Commfides",
    "testid": "TestID",
    "eidas": "eIDAS",
}


def eid_name(amr: str) -> str:
    """Give the name people know an eID by; an unknown `amr` is shown as it is."""
    if amr.lower().startswith("minid"):
        return "MinID"
    return str(_NAMES.get(amr.lower(), amr))
