from portal.celery import app as celery_app

VERSION = "0.1.0"  # as in pyproject.toml: the portal is run from its sources

__all__ = ("VERSION", "celery_app")
