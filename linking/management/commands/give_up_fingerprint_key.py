from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations
from django.utils import timezone

from linking import actions
from linking.fingerprint_keys import in_words


class Command(BaseCommand):
    help = (
        "Ends all that stands under a lost fingerprint key: links with their sessions, registered "
        "identity numbers, blocks. Run it with the settings of the portal."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key_id", metavar="KEY_ID", help="id of the lost key")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        key_id = options["key_id"]
        try:
            rows = actions.rows_under(key_id, now=timezone.now())
        except actions.KeyIsConfigured:
            raise CommandError(f"“{key_id}” is in FINGERPRINT_KEYS: it is not lost.") from None
        except actions.KeyIsGivenUp:
            raise CommandError(f"“{key_id}” has been given up already.") from None
        except actions.KeyUnknown:
            raise CommandError(f"There is no fingerprint key “{key_id}”.") from None
        self.stdout.write(f"Under “{key_id}” there are {in_words(rows)}. This ends them for good.")
        if not options["yes"] and input("Type the key's id to go on: ").strip() != key_id:
            raise CommandError("Nothing was changed.")
        ended = actions.give_up_key(
            key_id, by="command:give_up_fingerprint_key", now=timezone.now()
        )
        self.stdout.write(
            f"Ended: {in_words(ended)}.\n"
            f"The {ended.links} employees must link again: at the next sign-in the portal asks for "
            "the work e-mail and sends a code.\n"
            "Register identity numbers anew where the employer has them."
        )
