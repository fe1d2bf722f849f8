"""Settings of the portal: one file, each variable parsed once (see environment.py).

PRIME_ENV says where this process runs: "demo" and "test" on one machine with embedded
servers, "production" for customers. Production refuses anything weak or missing.
"""

from pathlib import Path

from django.utils.translation import gettext_lazy as _

from prime_portal import environment

BASE_DIR = Path(__file__).resolve().parent.parent
PRIME_ENV = environment.text("PRIME_ENV", default="production")
if PRIME_ENV not in {"demo", "test", "production"}:
    raise environment.Misconfigured(
        f"PRIME_ENV must be demo, test or production, not “{PRIME_ENV}”."
    )
PRODUCTION = PRIME_ENV == "production"

# -- Secrets -------------------------------------------------------------------------
SECRET_KEY = environment.secret("SECRET_KEY", why="It signs sessions and forms.", at_least=50)
CLAIM_CODE_KEY = environment.secret(
    "CLAIM_CODE_KEY",
    why="Claim codes in letters are derived from it; no database holds them.",
)
FIELD_KEY = environment.secret(
    "FIELD_KEY",
    why="Second-factor secrets and package keys are encrypted with it at rest.",
)
FIELD_KEYS_BEFORE = environment.secrets_before(
    "FIELD_KEYS_BEFORE", why="What they encrypted is read with them until `manage.py reseal` ran."
)
SIGNING_KEY = environment.secret(
    "SIGNING_KEY",
    why="Receipts are signed with it, so that anyone can tell a true one.",
)
SIGNED_BEFORE = environment.public_keys("SIGNED_BEFORE")

# -- The record's seal (5.1): everybody may check it, only the worker can make it ---------
LEDGER_PUBLIC_KEYS = environment.checkpoint_keys(
    "LEDGER_PUBLIC_KEYS",
    default=None if PRODUCTION else "",
    why="Checkpoints are checked with it; `python -m prime_portal.ledger.keys NAME` makes one.",
)
LEDGER_SIGNING_KEY = environment.checkpoint_signing_key(
    "LEDGER_SIGNING_KEY", public=LEDGER_PUBLIC_KEYS
)

# Where the record is copied to as it grows (prime_portal/ledger/journal.py): on another machine.
JOURNAL_DIR = environment.text(
    "JOURNAL_DIR",
    default=None if PRODUCTION else "",
    why="After a restore it alone knows what was canceled and sent since the backup.",
)

# -- Where the portal lives ----------------------------------------------------------
PORTAL_ORIGIN = environment.origin(
    "PORTAL_ORIGIN", secure=PRODUCTION, why="Links in mails and letters start with it."
)
HTTPS = PORTAL_ORIGIN.startswith("https://")
ALLOWED_HOSTS = [PORTAL_ORIGIN.split("://")[1].split(":")[0]] + [
    host for host in environment.text("EXTRA_HOSTS", default="").split(",") if host
]
ROOT_URLCONF = "prime_portal.urls"
WSGI_APPLICATION = "prime_portal.wsgi.application"
DEBUG = False

# -- The privacy official (6.2): no defaults, a guess would be a false notice ----------
_why = "PRIME-07 6.2 wants the official's title, e-mail, postal address and telephone."
OFFICIAL = {
    "title": environment.text("OFFICIAL_TITLE", why=_why),
    "email": environment.mail_address("OFFICIAL_EMAIL", why=_why),
    "postal": environment.text("OFFICIAL_POSTAL", why=_why),
    "telephone": environment.telephone("OFFICIAL_TELEPHONE", why=_why),
}
COUNTER = environment.text("COUNTER", why="Notices say where a paper copy can be had in person.")
# How plain the Notice must read: the school grade in English (Flesch–Kincaid), the ease in
# Spanish (Fernández-Huerta, 100 is easiest; 60 is about eighth grade), and words at most.
NOTICE_GRADE_EN = environment.number("NOTICE_GRADE_EN", default=8, least=1)
NOTICE_EASE_ES = environment.number("NOTICE_EASE_ES", default=60, least=1)
NOTICE_WORDS = environment.number("NOTICE_WORDS", default=3000, least=1)

# -- Disputes: within how many workdays PRIME answers -----------------------------------
DISPUTE_ANSWER_WORKDAYS = environment.number("DISPUTE_ANSWER_WORKDAYS", default=10, least=1)

# -- Applications: each may import only those below it ---------------------------------
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "usage",
    "notices",
    "consent",
    "prime_portal",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "prime_portal.middleware.privacy_headers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "prime_portal.middleware.SignInRequired",
    "prime_portal.middleware.staff_second_factor",
    "prime_portal.middleware.declared_audience",
    "prime_portal.frozen.holds_still",
    "prime_portal.case_door.case_at_hand",
    "prime_portal.middleware.customer_at_hand",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "notices.context.who_we_are",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# -- PostgreSQL: the role that owns nothing; a second connection records disclosures ---
_why = "It names the PostgreSQL database, signed in to as prime_app."
_database = environment.database("DATABASE_URL", why=_why, secure=PRODUCTION)
_pool = environment.number("DATABASE_POOL", default=8, least=1)
DATABASES = {
    alias: {
        **_database,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **_database["OPTIONS"],
            # What asks to be prepared is. Django's own cursors never ask.
            "prepare_threshold": 5,
            "pool": {"min_size": 0, "max_size": size, "timeout": 10},
            "application_name": f"prime-{alias}",
        },
    }
    for alias, size in (("default", _pool), ("record", _pool))
}
if environment.text("DATABASE_OWNER_URL", default=""):
    DATABASES["owner"] = environment.database("DATABASE_OWNER_URL", why="", secure=PRODUCTION)
DATABASE_ROUTERS = ["prime_portal.databases.OneDatabase"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- Redis protocol: Celery's wake-ups and nothing else; may be down or flushed any time ---
REDIS_URL = environment.redis("REDIS_URL", secure=PRODUCTION, why="Celery needs it.")
# Sign-in limits are counted in PostgreSQL: whoever cannot sign in cannot cancel (6.10).
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "prime_portal_cache",
    }
}
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 600}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "America/Los_Angeles"

# -- Sign-in -------------------------------------------------------------------------
AUTH_USER_MODEL = "prime_portal.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "overview"
LOGOUT_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "prime_portal.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
ALLAUTH_TRUSTED_PROXY_COUNT = environment.number("TRUSTED_PROXIES", default=0)
MFA_ADAPTER = "prime_portal.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {"authenticate": "prime_portal.adapters.SecondStepForm"}
MFA_TOTP_ISSUER = "PRIME"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
USERSESSIONS_TRACK_ACTIVITY = True
PASSWORD_HASHERS = ["prime_portal.passwords.Argon2"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 15},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# -- Staff may sign in by the city's own provider (prime_portal/city_sign_in.py) ---------
OIDC_SERVER_URL = environment.address("OIDC_SERVER_URL", secure=PRODUCTION)
OIDC_NAME = environment.text("OIDC_NAME", default="the city")
if OIDC_SERVER_URL:
    INSTALLED_APPS += ["allauth.socialaccount", "allauth.socialaccount.providers.openid_connect"]
    SOCIALACCOUNT_ADAPTER = "prime_portal.city_sign_in.StaffOnly"
    SOCIALACCOUNT_STORE_TOKENS = False
    SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": "city",
                    "name": OIDC_NAME,
                    "client_id": environment.text(
                        "OIDC_CLIENT_ID", why="The city's provider knows the portal by it."
                    ),
                    "secret": environment.secret(
                        "OIDC_CLIENT_SECRET", why="The portal proves itself to it.", at_least=24
                    ),
                    "settings": {"server_url": OIDC_SERVER_URL, "fetch_userinfo": False},
                }
            ],
        }
    }
    # For a provider that hands out only addresses it keeps itself, and does not say so.
    OIDC_VERIFIES_EMAIL = environment.flag("OIDC_VERIFIES_EMAIL")

# -- Sessions ------------------------------------------------------------------------
# Sessions live in PostgreSQL: canceling must work while Redis is down (6.10).
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "prime_portal.views.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# -- In the browser --------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        # A form's answer may lead on: staff are sent to the city's provider.
        "form-action": ["'self'", *environment.host_of(OIDC_SERVER_URL)],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 63072000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
if ALLAUTH_TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# -- Language and time -----------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("es", _("Spanish"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_SAMESITE = "Lax"
USE_TZ = True
TIME_ZONE = "America/Los_Angeles"
FORMAT_MODULE_PATH = "prime_portal.formats"

# -- Files -----------------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static", BASE_DIR / ".assets"]
STATIC_ROOT = (
    environment.text("STATIC_ROOT", default=str(BASE_DIR / ".static")) if PRODUCTION else None
)
WHITENOISE_USE_FINDERS = not PRODUCTION
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "whitenoise.storage.CompressedManifestStaticFilesStorage"
            if PRODUCTION
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        )
    },
}
MEDIA_ROOT = environment.text(
    "FILES_DIR",
    why="Sealed packages for recipients are kept there, outside the web root.",
)
LETTERS_DIR = environment.text("LETTERS_DIR", why="Letters for the print house are put there.")
# A print batch is made once a thousand letters wait, or one has waited so long.
LETTERS_WAIT_MINUTES = environment.number("LETTERS_WAIT_MINUTES", default=720)
# Files the utility or staff put there are taken in by the worker; none means nobody looks.
DROP_DIR = environment.text("DROP_DIR", default="")
FILE_UPLOAD_HANDLERS = [
    "usage.uploads.NotTooLarge",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# How many days a package waits for the third party it was made for.
PACKAGE_DAYS = environment.number("PACKAGE_DAYS", default=7, least=1)

# -- Retention: what the City Council approved; without it nothing is ever let go (R47) ---
RETENTION_SCHEDULE = environment.text("RETENTION_SCHEDULE", default="")

# -- Mail: everything goes through notices.mail, which refuses a mail without the link ---
EMAIL_BACKEND = "notices.mail.Door"
EMAIL_HOST = environment.text("SMTP_HOST", why="Notices are sent through it.")
EMAIL_PORT = environment.number("SMTP_PORT", default=587, least=1)
EMAIL_HOST_USER = environment.text("SMTP_USER", default="")
EMAIL_HOST_PASSWORD = environment.text("SMTP_PASSWORD", default="")
EMAIL_USE_TLS = environment.flag("SMTP_TLS", default=PRODUCTION)
if PRODUCTION and not EMAIL_USE_TLS and EMAIL_HOST not in {"localhost", "127.0.0.1", "::1"}:
    raise environment.Misconfigured(
        "SMTP_TLS is off, and SMTP_HOST is another machine: notices would travel in clear."
    )
EMAIL_TIMEOUT = 20
# Who tells what became of a mail after the relay took it: see notices/provider.py.
MAIL_PROVIDER = environment.one_of("MAIL_PROVIDER", ("", "brevo", "mailgun", "postmark"))
MAIL_PROVIDER_SECRET = (
    environment.secret("MAIL_PROVIDER_SECRET", why="The mail provider proves itself with it.")
    if MAIL_PROVIDER
    else ""
)
# The auditor gets the record's seal each day, so that one copy lies where PRIME cannot reach.
AUDITOR_EMAIL = environment.text("AUDITOR_EMAIL", default="") and environment.mail_address(
    "AUDITOR_EMAIL", why="The seal on the record is mailed there."
)
DEFAULT_FROM_EMAIL = environment.mail_address("MAIL_FROM", why="Notices are sent from it.")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# -- Logs: paths and numbers, never a person ----------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "prime_portal.logs.Discreet",
            "format": "{asctime} {levelname} {name} {message}",
            "style": "{",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "weasyprint": {"level": "WARNING"},  # what it warns of is heard by usage.weasy alone
        "fontTools": {"level": "ERROR"},
        "pikepdf": {"level": "WARNING"},
        "django.server": {
            "handlers": ["stderr"],
            "level": "WARNING",
            "propagate": False,
        },
    },
}

# Whoever must never be mailed with a traceback: error mails would carry personal data.
ADMINS: list[tuple[str, str]] = []
