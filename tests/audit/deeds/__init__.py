"""What is done on each page, by each action, task and command, and which events come of it.

Read it as a table: a name, the events, and how the deed is done. `Nothing` says why there is none.
"""

from tests.audit.deeds.actions import ACTIONS
from tests.audit.deeds.administration import ADMINISTRATION
from tests.audit.deeds.commands import COMMANDS
from tests.audit.deeds.door import DOOR
from tests.audit.deeds.portal import PORTAL
from tests.audit.deeds.rows import Deed, what
from tests.audit.deeds.tasks import TASKS

PAGES = ADMINISTRATION | DOOR | PORTAL
DEEDS = PAGES | ACTIONS | TASKS | COMMANDS

__all__ = ("ACTIONS", "COMMANDS", "DEEDS", "PAGES", "TASKS", "Deed", "what")
