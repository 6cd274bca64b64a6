"""Browsers that have come from ID-porten already: many of them, without the way there."""

from typing import Any

from django.test import Client

from accounts.models import Organisation
from linking.persons import SESSION_KEY, EidPerson
from tests.factories import some_fingerprint


def some_person(**fields: Any) -> EidPerson:
    """Somebody with an eID of their own."""
    fingerprint = some_fingerprint()
    return EidPerson(
        **{
            "fingerprints": {fingerprint.key_id: fingerprint.digest.hex()},
            "birth_date": "1990-01-01",
            "given_name": "",
            "family_name": "",
            "level": "high",
            "eid": "BankID",
        }
        | fields
    )


def seat(person: EidPerson, organisation: Organisation, **headers: str) -> Client:
    """A browser in which `person` is signed in with an eID and not linked."""
    client = Client(headers={"host": organisation.host, "accept-language": "en"} | headers)
    session = client.session
    session[SESSION_KEY] = person.to_session()
    session.save()
    return client
