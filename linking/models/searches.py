from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7


class SavedSearch(models.Model):
    """A search in the audit log that somebody wants to make again: their own, and nobody else's.

    Stands here because what is asked is a question of the log's page (`linking/logbook/query.py`),
    which reads it anew each time: what the page knows no more is left out, and the role decides.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_searches"
    )
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(max_length=1000)
    saved_at = models.DateTimeField()

    class Meta:
        ordering = ("name",)
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["user", "name"], name="saved_search_named_once"),
        )

    def __str__(self) -> str:
        return self.name
