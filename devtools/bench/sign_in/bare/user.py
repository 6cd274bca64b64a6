"""The bare side: one user, whom the library finds by e-mail."""

from django.contrib.auth.models import User

from devtools.bench.sign_in.person import PERSON


def make_user() -> None:
    User.objects.create_user(PERSON.email, email=PERSON.email)
