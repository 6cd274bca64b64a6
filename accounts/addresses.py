"""How e-mail addresses are compared. Plain Python: no Django, no database."""

import string

_FOLDED = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def fold_email(address: str) -> str:
    """Give the form in which addresses are compared: ASCII letters in lower case, the rest as is.

    Unicode's own folding would let a Kelvin sign pass for a k (threats.md A-12).
    """
    return address.strip().translate(_FOLDED)
