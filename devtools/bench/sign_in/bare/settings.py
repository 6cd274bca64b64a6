"""mozilla-django-oidc as its documentation sets it up, in a project as `startproject` makes it.

Only what the comparison needs differs, each with its reason.
"""

import os
import secrets

import dj_database_url

from devtools.bench.sign_in.person import BARE_HOST

SECRET_KEY = secrets.token_urlsafe(50)
DEBUG = False
ALLOWED_HOSTS = [BARE_HOST]

INSTALLED_APPS = [
    "django.contrib.auth",
    "mozilla_django_oidc",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "devtools.bench.sign_in.bare.urls"
DATABASES = {"default": dict(dj_database_url.parse(os.environ["DATABASE_URL"]))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True

AUTHENTICATION_BACKENDS = ["mozilla_django_oidc.auth.OIDCAuthenticationBackend"]

_ISSUER = os.environ["BENCH_ISSUER"]
OIDC_RP_CLIENT_ID = os.environ["BENCH_CLIENT_ID"]
OIDC_RP_CLIENT_SECRET = os.environ["BENCH_CLIENT_SECRET"]
OIDC_OP_AUTHORIZATION_ENDPOINT = f"{_ISSUER}/authorize"
OIDC_OP_TOKEN_ENDPOINT = f"{_ISSUER}/token"
OIDC_OP_USER_ENDPOINT = f"{_ISSUER}/userinfo"
# ID-porten signs with RS256 and wants PKCE.
OIDC_RP_SIGN_ALGO = "RS256"
OIDC_OP_JWKS_ENDPOINT = f"{_ISSUER}/jwks.json"
OIDC_USE_PKCE = True
# ID-porten has no scope `email`. Asked for here and not in OIDC_RP_SCOPES, so that the callback
# goes as the library's defaults have it: it looks for the address in userinfo.
OIDC_AUTH_REQUEST_EXTRA_PARAMS = {"scope": "openid profile"}
