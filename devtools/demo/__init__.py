"""The whole portal on this machine, with everything that it needs around it: `manage.py demo`."""

import os
import time

# manage.py imports us first of all for `demo`, before it fills anything in.
STARTED = time.monotonic()
DATABASE_IS_GIVEN = bool({"DATABASE_URL", "DATABASE_URL_FILE"} & os.environ.keys())
