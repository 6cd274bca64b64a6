"""The portal's settings. What differs between installations comes from the environment."""

from pathlib import Path

import django_stubs_ext
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

from portal import env

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent

DEVELOPMENT = env.boolean("DEBUG")
# Never on: Django's pages of tracebacks would show sessions, and with them names and fingerprints.
DEBUG = False
SECRET_KEY = env.secret_key(debug=DEVELOPMENT)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", ".localhost,127.0.0.1" if DEVELOPMENT else None)
PORTAL_SCHEME = "http" if DEVELOPMENT else "https"

# --- The house ---------------------------------------------------------------------------------

INSTALLED_APPS = [
    "portal.apps.PortalConfig",
    "linking.apps.LinkingConfig",
    "accounts.apps.AccountsConfig",
    "audit.apps.AuditConfig",
    *(["devtools"] if DEVELOPMENT else []),
    "allauth.account",  # allauth.mfa stands on it; of its pages none is mounted
    "allauth.mfa",
    "accounts.administrators.apps.AdministrationConfig",  # django.contrib.admin
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    # Before whatever answers by itself: an unknown host's page is not framed either.
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "portal.middleware.HeadersMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "accounts.middleware.OrganisationMiddleware",
    "accounts.middleware.LanguageMiddleware",
    "linking.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "accounts.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",  # lets allauth's forms find the request
    "accounts.purposes.middleware.PurposeMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "linking.context.portal",
            ],
        },
    },
]

# --- PostgreSQL, cache, queue ------------------------------------------------------------------

DATABASES = {"default": env.database()}
DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {
    "min_size": 1,
    "max_size": 10,
    "timeout": 5,  # seconds until a page says that the database does not answer
    # After so many seconds the next page tries anew: pauses between tries would grow to minutes.
    "reconnect_timeout": 5,
}
DATABASES["default"]["OPTIONS"].setdefault("connect_timeout", 5)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": env.cache(),
    "near": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "near"},
}

CELERY_BROKER_URL = env.text("CELERY_BROKER_URL", "postgresql://" if DEVELOPMENT else None)
CELERY_TASK_DEFAULT_QUEUE = env.queue()
# A broker that is down or silent costs a page two seconds at most; the sweep takes what was lost.
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_max": 0.2}
if CELERY_BROKER_URL.startswith(("redis://", "rediss://")):
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "socket_timeout": 2,
        "socket_connect_timeout": 2,
        # What a killed worker held lies in one place for all queues, unless their keys differ.
        "global_keyprefix": f"{CELERY_TASK_DEFAULT_QUEUE}:",
    }
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 60  # those that send mail have less (linking/delivery.py)
CELERY_TASK_SOFT_TIME_LIMIT = 45
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_BEAT_SCHEDULE = {
    # seconds; a turn that no worker took before the next one is dropped
    name: {"task": f"{app}.tasks.{name}", "schedule": every, "options": {"expires": every}}
    for app, tasks in {
        "audit": {
            "seal_audit_log": 60.0,
            "tell_audit_head": 3600.0,
            "tend_audit_log": 6 * 3600.0,
        },
        "accounts": {
            "forward_audit_log": 30.0,
        },
        "linking": {
            "sweep_outbox": 10.0,
            "end_leavers": 20.0,
            "follow_address_changes": 20.0,
            "expire_codes": 60.0,
            "count_figures": 120.0,
            "expire_stale_links": 3600.0,
            "tend_invitations": 600.0,
            "clear_sessions": 3600.0,
            "clear_sign_ins": 600.0,
            "sweep_imports": 20.0,
            "forget_imports": 3600.0,
            "make_look_digests": 3600.0,  # a day's is made once, by the first turn after it
        },
    }.items()
    for name, every in tasks.items()
}

# --- Mail --------------------------------------------------------------------------------------

MAILERS = {"default": {"BACKEND": "linking.smtp.EmailBackend", "OPTIONS": env.mailer()}}
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL")

# --- Who is signed in --------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "accounts.access.RoleBackend",  # signs nobody in; first, so that roles alone give permissions
    "linking.idporten.IDPortenBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_REDIRECT_URL = "me"
LOGIN_URL = "sign_in"

# Local administrators' second factor (ADR 0013).
MFA_ADAPTER = "accounts.administrators.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Kobling"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEVELOPMENT
ACCOUNT_RATE_LIMITS = False  # accounts/administrators/budgets.py counts instead
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*"]

IDPORTEN_ISSUER = env.issuer()
IDPORTEN_ORIGINS = env.origins_of(IDPORTEN_ISSUER)
IDPORTEN_CLIENT_ID = env.text("IDPORTEN_CLIENT_ID")
IDPORTEN_CLIENT_KEYS = env.client_keys()
FINGERPRINT_KEYS = env.fingerprint_keys()
ACCEPT_SYNTHETIC_IDS = DEVELOPMENT or IDPORTEN_ISSUER != "https://idporten.no"

# mozilla-django-oidc reads these when its classes are made; discovery gives the real endpoints.
OIDC_OP_AUTHORIZATION_ENDPOINT = OIDC_OP_TOKEN_ENDPOINT = OIDC_OP_USER_ENDPOINT = IDPORTEN_ISSUER
OIDC_OP_JWKS_ENDPOINT = IDPORTEN_ISSUER
OIDC_RP_CLIENT_ID = IDPORTEN_CLIENT_ID
OIDC_RP_CLIENT_SECRET = ""  # the client signs assertions instead (private_key_jwt)
OIDC_RP_SIGN_ALGO = "RS256"
OIDC_RP_SCOPES = "openid profile"

# --- The audit log ------------------------------------------------------------------------------

AUDIT_SEAL_KEY = env.seal_key()  # None but in the workers
AUDIT_HEADS_TO = env.head_places()
AUDIT_MONTHS_KEPT = env.months_kept()
AUDIT_RECEIVER = env.log_receiver()  # None: the log is not forwarded

# --- Sessions and cookies ----------------------------------------------------------------------

SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = 30 * 60  # idle seconds; ID-porten asks for no more
SESSION_SAVE_EVERY_REQUEST = True
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
_COOKIE_PREFIX = "" if DEVELOPMENT else "__Host-"
SESSION_COOKIE_NAME = f"{_COOKIE_PREFIX}session"
CSRF_COOKIE_NAME = f"{_COOKIE_PREFIX}csrf"
LANGUAGE_COOKIE_NAME = f"{_COOKIE_PREFIX}language"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = not DEVELOPMENT
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
CSRF_FAILURE_VIEW = "portal.views.csrf_failure"

# --- Headers -----------------------------------------------------------------------------------

SECURE_CSP = {
    "default-src": [CSP.NONE],
    "style-src": [CSP.SELF, CSP.NONCE],
    "script-src": [CSP.SELF, CSP.NONCE],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    # Browsers follow a form's redirects with this rule too, and sign-out ends at ID-porten.
    "form-action": [CSP.SELF, *IDPORTEN_ORIGINS],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = not DEVELOPMENT
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 0 if DEVELOPMENT else 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = not DEVELOPMENT
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES")
if TRUSTED_PROXIES:
    MIDDLEWARE.insert(0, "portal.middleware.TrustedProxyMiddleware")

# --- Languages and time ------------------------------------------------------------------------

LANGUAGE_CODE = "nb"
LANGUAGES = [
    ("nb", _("Norwegian (bokmål)")),
    ("nn", _("Norwegian (nynorsk)")),
    ("en", _("English")),
]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["portal.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Oslo"

# --- Static files ------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
NODE_MODULES = BASE_DIR / "node_modules"
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("vendor/designsystemet", NODE_MODULES / "@digdir/designsystemet-css/dist"),
    ("vendor/inter", NODE_MODULES / "@fontsource-variable/inter/files"),
]
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEVELOPMENT
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEVELOPMENT
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# No uploaded file is ever written to a disk.
FILE_UPLOAD_HANDLERS = ["accounts.uploads.InMemoryUploadHandler"]

# --- Logs: one line each, and never a number, a code or an address ------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {"personal": {"()": "portal.logs.MaskPersonalAddresses"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["personal"],
        }
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"django.server": {"level": "WARNING"}},
}
