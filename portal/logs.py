"""Personal addresses, which are keys, stay out of the logs."""

import logging
import re

_PERSONAL = re.compile(r"(/(?:invitation|link/not-me)/)[^/?#\s\"']+")


def masked(text: str) -> str:
    """Give `text` with `…` for the token of each personal address in it."""
    return _PERSONAL.sub(r"\1…", text)


class MaskPersonalAddresses(logging.Filter):
    """Django names the path of whatever it refuses or fails at."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if "/" in message:
            record.msg, record.args = masked(message), ()
        return True
