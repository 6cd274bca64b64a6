from django import forms
from django.utils.translation import gettext_lazy as _

from linking import codes


class EmailForm(forms.Form):
    email = forms.EmailField(
        label=_("Work e-mail"),
        max_length=254,
        error_messages={
            "required": _("Write your work e-mail."),
            "invalid": _("That is not an e-mail address. Write it like name@example.no."),
            "max_length": _("That is too long for an e-mail address."),
        },
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
    )


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Security code"),
        max_length=40,
        error_messages={
            "required": _("Write the security code from the e-mail."),
            "max_length": _("The security code is 6 digits."),
        },
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": "40"}
        ),
    )

    def clean_code(self) -> str:
        """Give six digits, without the spaces people type or paste (A-43)."""
        code = codes.normalise(self.cleaned_data["code"])
        if not codes.is_code_shaped(code):
            raise forms.ValidationError(_("The security code is 6 digits."))
        return code
