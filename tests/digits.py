"""Digits in a page or a row, told from those that a random key happens to have."""

import re


def stand_alone(digits: str, text: object) -> bool:
    """Whether `digits` stand in the text with no letter and no other digit beside them."""
    return re.search(rf"(?<![0-9A-Za-z]){digits}(?![0-9A-Za-z])", str(text)) is not None
