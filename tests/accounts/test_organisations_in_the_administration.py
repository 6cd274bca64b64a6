"""What an administrator sees of an employer."""

import pytest
from django.urls import reverse

from accounts.models import Organisation
from tests.accounts.worlds import browser_of
from tests.factories import make_administrator, make_organisation

pytestmark = pytest.mark.django_db
NEW = {
    "name": "Skogdal kommune",
    "slug": "skogdal",
    "host": "login.skogdal.example",
    "support_email": "hjelp@skogdal.example",
    "default_language": "nn",
    "minimum_assurance": "high",
    "unused_days": "365",
    "name_mismatch": "approve",
    "active": "on",
}
ADD = reverse("admin:accounts_organisation_add")


def test_a_new_organisations_page_tells_what_id_porten_must_know() -> None:
    page = browser_of(make_administrator()).post(ADD, NEW, follow=True)
    organisation = Organisation.objects.get(slug="skogdal")
    change = reverse("admin:accounts_organisation_change", args=[organisation.pk])
    assert page.redirect_chain == [(change, 302)]
    base = f"{organisation.base_url}/"
    for path in ("", "oidc/callback/", "oidc/frontchannel-logout/", "oidc/backchannel-logout/"):
        assert f"<dd><code>{base}{path}</code></dd>" in page.content.decode()


def test_the_form_of_a_new_organisation_shows_no_addresses_yet() -> None:
    make_organisation()
    assert "oidc/callback" not in browser_of(make_administrator()).get(ADD).content.decode()


def test_add_another_and_continue_still_do_what_they_say() -> None:
    browser = browser_of(make_administrator())
    again = browser.post(ADD, NEW | {"_addanother": "1"})
    assert again.headers["Location"] == ADD
