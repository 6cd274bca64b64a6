"""Who signs in, and where: known to both sides and to the provider."""

from devtools.people import SAMPLE_PEOPLE

PERSON = SAMPLE_PEOPLE[0]
PORTAL_HOST = f"{PERSON.organisation_slug}.localhost"
BARE_HOST = "bare.localhost"
