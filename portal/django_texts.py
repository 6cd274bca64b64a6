"""Texts of Django's own that it has no Norwegian for: ours are taken before its (`locale/`)."""

from django.utils.translation import gettext_noop

TEXTS = (gettext_noop("- Select an option -"), gettext_noop("Run"))
