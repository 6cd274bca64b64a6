import os
import re
from collections.abc import Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

_CHARSET = re.compile(r";\s*charset\s*=[^;]*", re.IGNORECASE)
_django = get_wsgi_application()
# After get_wsgi_application: it loads the models.
from portal import lifecycle, start  # noqa: E402
from portal.logs import masked  # noqa: E402

start.refuse_keys_that_do_not_fit()
start.refuse_to_hold_the_seal_key()
lifecycle.note_started("web")


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer by WSGI.

    Forms are UTF-8 here whatever they say: by `charset=hex` Django would fail before any of our
    code could answer.
    """
    if "charset" in environ.get("CONTENT_TYPE", "").lower():
        environ["CONTENT_TYPE"] = _CHARSET.sub("", environ["CONTENT_TYPE"])
    answer = _django(environ, start_response)
    # gunicorn's access log is written from here, and a personal address is a key.
    environ["RAW_URI"] = masked(environ.get("RAW_URI", ""))
    return answer
