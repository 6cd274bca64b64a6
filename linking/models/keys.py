from django.db import models
from django.utils.translation import gettext_lazy as _


class FingerprintKey(models.Model):
    """A key that fingerprints were made under: its id, and a value that only it gives (A-33).

    The key itself is outside the database. The value is a MAC of a fixed text, which tells nothing
    about the key or about any number.
    """

    key_id = models.CharField(_("key"), max_length=50, primary_key=True)
    check_value = models.BinaryField(max_length=32)
    first_used_at = models.DateTimeField(_("first used"))
    given_up_at = models.DateTimeField(_("given up"), null=True)

    class Meta:
        verbose_name = _("fingerprint key")
        verbose_name_plural = _("fingerprint keys")
        ordering = ("-first_used_at",)
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.key_id
