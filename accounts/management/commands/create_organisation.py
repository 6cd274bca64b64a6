from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.actions import create_organisation
from accounts.models import Organisation


class Command(BaseCommand):
    help = "Adds an organisation, with the address where its employees sign in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", metavar="SLUG", help="short name, such as eksempel-kommune")
        parser.add_argument("--name", required=True, help="name as employees know it")
        parser.add_argument("--host", required=True, help="host name of its sign-in address")
        parser.add_argument("--support-email", required=True, help="where employees get help")

    def handle(self, *args: Any, **options: Any) -> None:
        organisation = Organisation(
            slug=options["slug"],
            name=options["name"],
            host=options["host"],
            support_email=options["support_email"],
        )
        try:
            create_organisation(organisation, by="command:create_organisation", now=timezone.now())
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        self.stdout.write(f"{organisation.name} signs in at {organisation.base_url}/")
