"""What is between the web server and Django."""

import io
from typing import Any

import pytest

from accounts.models import Organisation

pytestmark = pytest.mark.django_db(transaction=True)
CHARSETS = ["hex", "rot13", "idna", "undefined", "zlib", "base64", "utf-16", "utf-8", '"hex"', ""]


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=b"])
def test_a_form_is_utf_8_whatever_it_says(
    organisation: Organisation, charset: str, kind: str
) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="logout_token"\r\n\r\nx\r\n--b--\r\n'
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/oidc/backchannel-logout/",
        "QUERY_STRING": "a=%80",
        "CONTENT_TYPE": f"{kind}; charset={charset}",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_HOST": organisation.host,
        "SERVER_NAME": "x",
        "SERVER_PORT": "80",
        "wsgi.input": io.BytesIO(body),
        "wsgi.url_scheme": "http",
        "wsgi.errors": io.StringIO(),
    }
    answered: list[str] = []
    # Loading it compares the keys with the data: not before there is a test database.
    from portal.wsgi import application

    b"".join(application(environ, lambda status, _headers: answered.append(status)))
    assert answered == ["400 Bad Request"]
    assert environ["CONTENT_TYPE"] == kind


def test_a_personal_address_is_masked_for_gunicorns_access_log(organisation: Organisation) -> None:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/invitation/abc-123/",
        "RAW_URI": "/invitation/abc-123/?x=1",
        "HTTP_HOST": organisation.host,
        "SERVER_NAME": "x",
        "SERVER_PORT": "80",
        "wsgi.input": io.BytesIO(),
        "wsgi.url_scheme": "http",
        "wsgi.errors": io.StringIO(),
    }
    from portal.wsgi import application

    b"".join(application(environ, lambda _status, _headers: None))
    assert environ["RAW_URI"] == "/invitation/…/?x=1"
