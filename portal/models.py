"""The queue's table; `portal.broker` reads and writes it."""

from django.db import models
from django.db.models.functions import Now


class QueueMessage(models.Model):
    """One message that waits, or that a worker has on lease."""

    queue = models.CharField(max_length=255)
    payload = models.TextField()
    # Free to take from then on: a lease is this time moved into the future.
    free_at = models.DateTimeField(db_default=Now())
    # Tells the holder of the lease from one that held it before and lost it.
    deliveries = models.PositiveIntegerField(db_default=0)

    class Meta:
        db_table = "portal_queue_message"
        indexes = (models.Index(fields=["queue", "id"], name="portal_queue_message_order"),)

    def __str__(self) -> str:
        return f"{self.queue}/{self.pk}"
