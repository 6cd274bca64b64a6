from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.administrators.actions import reset_second_factor
from accounts.models import User


class Command(BaseCommand):
    help = "Takes an administrator's second factor away: for when no other administrator can."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", metavar="USERNAME", help="whose it is")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError("Nobody has this user name.")
        reset_second_factor(user, by="command:reset_second_factor", now=timezone.now())
        self.stdout.write("Signed out everywhere. A new second factor is enrolled at next sign-in.")
