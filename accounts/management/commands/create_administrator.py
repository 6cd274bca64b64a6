import getpass
import secrets
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.actions import create_administrator
from accounts.models import User

BY = "command:create_administrator"


class Command(BaseCommand):
    help = "Makes a local administrator of everything, who enrols a second factor at first sign-in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", metavar="USERNAME", help="what the administrator types")
        parser.add_argument(
            "--ask", action="store_true", help="ask for the password instead of making one"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        username = User.normalize_username(options["username"]).strip()
        try:
            User(username=username or None).clean_fields(exclude=["password"])
            if not username or User.objects.filter(username=username).exists():
                raise CommandError("The user name is empty, or is somebody's already.")
            password = self._asked() if options["ask"] else secrets.token_urlsafe(15)
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        create_administrator(username, password=password, by=BY, now=timezone.now())
        self.stdout.write(f"{username} signs in at /admin/, and enrols a second factor there.")
        if not options["ask"]:
            self.stdout.write(f"Password, which is shown this once: {password}")

    def _asked(self) -> str:
        password = getpass.getpass("Password: ")
        if getpass.getpass("Once more: ") != password:
            raise CommandError("The two are not the same.")
        validate_password(password)
        return password
