"""The callback of a linked sign-in: the portal's own beside bare mozilla-django-oidc.

`compare` is the parent: it has the provider and the clock of nobody. `callback` is the child, once
for each Django configuration, and measures itself.
"""
