"""Celery's queue in the portal's own PostgreSQL, for those who want no second server.

Asked for with `CELERY_BROKER_URL=postgresql://`.
"""

from kombu.transport import TRANSPORT_ALIASES


def register() -> None:
    """Make `postgresql://` known to kombu; it loads the transport when it is first asked for."""
    TRANSPORT_ALIASES["postgresql"] = "portal.broker.transport:Transport"
