"""The demo's and the tests' mail: a real SMTP server on loopback, and a page to read it on."""

from devtools.mailbox.server import Mailbox

__all__ = ("Mailbox",)
