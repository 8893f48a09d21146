"""Settings: one file for every environment. What differs is read from the environment or from `.env`."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.templatetags.static import static

from ops_portal import demo_clock, env
from ops_portal.demo_clock import rules as demo_clock_rules

BASE_DIR = Path(__file__).resolve().parent.parent
env.read_file(BASE_DIR / os.environ.get("ENV_FILE", ".env"))

# Everything the portal writes lies in this folder, and nothing of it in version control.
VAR_DIR = BASE_DIR / env.text("VAR_DIR", "var")
VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)

# --- Core -------------------------------------------------------------------------------------------------

SECRET_KEY = env.secret_key("SECRET_KEY", VAR_DIR / "secret_key")
DEBUG = env.boolean("DEBUG", default=False)
ALLOWED_HOSTS = env.listing("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
ROOT_URLCONF = "ops_portal.urls"
WSGI_APPLICATION = "ops_portal.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "ops_portal",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "ops_portal.admin_config.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "axes",
    "csp",
    "operations",
    "rollout",
    "feedback",
    "monitoring",
    "releases",
    "reports",
]

MIDDLEWARE = [
    # First, so that it counts the time of all the others.
    "ops_portal.exposition.middleware.count_requests",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Database ---------------------------------------------------------------------------------------------

DATABASES: dict[str, dict[str, Any]] = {
    "default": env.database("DATABASE_URL", f"sqlite:///{VAR_DIR / 'portal.sqlite3'}"),
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Four writers at once: 542 of 800 writes failed with SQLite's defaults, none with these.
    DATABASES["default"]["OPTIONS"] = {
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
    }
else:
    DATABASES["default"].setdefault("CONN_MAX_AGE", 60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # Compiling the previews' conditions takes seconds, where running them takes milliseconds.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("options", "-c jit=off")
    # Seconds, and milliseconds, after which a server that says nothing counts as unreachable.
    DATABASES["default"]["OPTIONS"].setdefault("connect_timeout", 5)
    DATABASES["default"]["OPTIONS"].setdefault("tcp_user_timeout", 10_000)

# --- Cache and broker -------------------------------------------------------------------------------------

REDIS_URL = env.url("REDIS_URL", frozenset({"redis", "rediss"}))
CACHES: dict[str, dict[str, Any]]
if REDIS_URL:
    # The broker's queue lies in the same Redis database: delete keys by name, never call `cache.clear()`.
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": "portal",
            # A Redis that falls silent must not hold every thread of the server.
            "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 2},
        },
    }
    CELERY_BROKER_URL = REDIS_URL
    # Longer than CELERY_TASK_TIME_LIMIT, or a task that still runs is given to a second worker; else short,
    # because a killed worker's messages wait that long.
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
        "visibility_timeout": 360,
        "socket_connect_timeout": 5,
        "socket_timeout": 30,
    }
else:
    BROKER_DIR = VAR_DIR / "broker"
    for folder in ("queue", "control"):
        (BROKER_DIR / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    CELERY_BROKER_URL = "filesystem://localhost//"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(BROKER_DIR / "queue"),
        "data_folder_out": str(BROKER_DIR / "queue"),
        "control_folder": str(BROKER_DIR / "control"),
    }

# Both are needed to keep the task of a killed worker: acknowledged late, and put back when its process dies.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# For as long as it takes: Celery's default gives up, and ends the process, after about 50 minutes.
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# A job in the middle goes on when the broker is lost: what it does stands in the database.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
# Nobody talks to the workers but the queue: one thing less to poll and to secure.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")

# --- People, sessions, headers ----------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

# A nested list means both together: by user name alone, anybody could lock an administrator out.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_HANDLER = "axes.handlers.database.AxesDatabaseHandler"
# Its pages would let a row of the lock-out be edited; `manage.py axes_reset` frees a person.
AXES_ENABLE_ADMIN = False

HTTPS = env.boolean("HTTPS", default=False)
CSRF_TRUSTED_ORIGINS = env.origins("CSRF_TRUSTED_ORIGINS")
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
# Asked from within, by load balancers, Prometheus and Alertmanager, where there is no proxy in between.
SECURE_REDIRECT_EXEMPT = [r"^api/health/status$", r"^api/metrics$", r"^api/monitoring/alertmanager$"]
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
# Whether the domain goes into the browsers' own list of HTTPS sites is for its owner to say.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
# Only a proxy that was announced may say that a request came by HTTPS.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# The admin's Alpine evaluates its attributes and sets styles: these two, and no inline script.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, UNSAFE_EVAL],
        "style-src": [SELF, UNSAFE_INLINE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}
# The API's largest body is 10 MB; uploads of files are streamed to disk and have limits of their own.
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# --- Language, time, static files, mail -------------------------------------------------------------------

LANGUAGE_CODE = "en-gb"
USE_I18N = True
USE_TZ = True
FORMAT_MODULE_PATH = "ops_portal.formats"
TIME_ZONE = env.time_zone("TIME_ZONE", "UTC")

STATIC_URL = "/static/"
# An image has them where nothing is written; VAR_DIR is a volume there.
STATIC_ROOT = BASE_DIR / env.text("STATIC_ROOT", str(VAR_DIR / "static"))
# Nothing serves this folder: files are given to those who may see their ticket, one by one.
MEDIA_ROOT = VAR_DIR / "media"
STORAGES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        # What reporters attach may show patients: nobody else on this machine reads it.
        "OPTIONS": {"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700},
    },
    # A file's name holds its digest: browsers keep it for ever, and two versions of the portal side by side
    # never mix theirs.
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Seconds; a mail server that says nothing would hold up the outbox for ever. EMAIL_URL may say another.
EMAIL_TIMEOUT = 10
vars().update(env.email("EMAIL_URL", "consolemail://"))
DEFAULT_FROM_EMAIL = env.email_address("DEFAULT_FROM_EMAIL", "Ops Portal <ops-portal@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- API --------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["operations.doors.api.KeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["operations.doors.api.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": [
        "operations.doors.api.KeyThrottle",
        "operations.doors.api.AnonymousThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {
        "key": env.rate("API_RATE", "6000/min"),
        "anonymous": env.rate("API_ANONYMOUS_RATE", "60/min"),
    },
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["operations.doors.api.JsonParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "operations.doors.api.error_response",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Ops Portal",
    "DESCRIPTION": "Rollouts, feature flags and the health behind them.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": "/api",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "rollout.ofrep.openapi.describe",
    ],
    # Where fields of one name have other choices, or other names the same.
    "ENUM_NAME_OVERRIDES": {
        "AlertStatusEnum": "monitoring.api.alert_serializers.STATES",
        "OwedEnum": "monitoring.api.alert_serializers.OWED",
        "AlertSourceEnum": "monitoring.models.Alert.Source",
        "TicketStatusEnum": "feedback.models.Ticket.State",
        "TicketSourceEnum": "feedback.models.Ticket.Source",
        "TicketCategoryEnum": "feedback.models.Ticket.Category",
        "AlertLevelEnum": "monitoring.levels.ORDER",
        "IssueStatusEnum": "releases.models.Issue.State",
        "ReleaseStatusEnum": "releases.models.Release.State",
        "DeploymentStatusEnum": "releases.models.Deployment.State",
        "StepStatusEnum": "releases.models.Step.State",
        "RiskEnum": "releases.models.Category",
        "DoraLevelEnum": "releases.api.dora_serializers.LEVELS",
    },
    # The one PATCH of the API takes what its body says, and not any part of it.
    "COMPONENT_SPLIT_PATCH": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# --- The portal's own -------------------------------------------------------------------------------------

# Where `make run` serves, on 127.0.0.1.
PORT = env.port("PORT", 8000)
# The origin that people reach the portal by: links in messages begin with it.
PORTAL_URL = env.origin("PORTAL_URL", f"http://127.0.0.1:{PORT}")
# Whether a demo may move the portal's clock; never where anybody else uses the portal.
DEMO_CLOCK = demo_clock_rules.wanted(
    embedded=DATABASES["default"]["ENGINE"].endswith("sqlite3") and not REDIS_URL,
    https=HTTPS,
    portal_url=PORTAL_URL,
    allowed_hosts=ALLOWED_HOSTS,
)
if DEMO_CLOCK:
    # Before any model is imported: their defaults keep the function that they find.
    demo_clock.install(VAR_DIR / "demo_clock")
    # Whoever looks on stays signed in while the weeks of a demo pass.
    SESSION_COOKIE_AGE = 365 * 24 * 60 * 60
# Asked about once a minute while all is on time: who expects that tells people when the portal falls silent.
HEARTBEAT_URL = env.url("HEARTBEAT_URL", frozenset({"http", "https"}))

# Live overrides of a module by the environment, by module key.
ENVIRONMENT_OVERRIDES = {"health_management": env.health_management()}

# Flag answers, each counted in one process: requests of one key, and of one address without a good one.
EVALUATION_RATE = env.rate("EVALUATION_RATE", "1000000/min")
EVALUATION_ANONYMOUS_RATE = env.rate("EVALUATION_ANONYMOUS_RATE", "60/min")
# Workspaces that a process remembers, at about 500 bytes each. Answers take 80 MB at most beside them.
FLAG_CACHE_WORKSPACES = env.count("FLAG_CACHE_WORKSPACES", 200_000)

# Whether web processes look after the portal's own silence; off in tests, which import what a server does.
WATCHMAN = True

MONITORING_CRON_SECRET = env.secret("MONITORING_CRON_SECRET", 64)
PROMETHEUS_URL = env.url("PROMETHEUS_URL", frozenset({"http", "https"}))
ALERTMANAGER_URL = env.url("ALERTMANAGER_URL", frozenset({"http", "https"}))
PROMETHEUS_METRICS_ENABLED = env.boolean("PROMETHEUS_METRICS_ENABLED", default=True)
# What a scraper of /api/metrics must send; unset, anybody who reaches the portal may read them.
METRICS_TOKEN = env.secret("METRICS_TOKEN", 16)
OPS_ADMIN_PASSWORD = env.text("OPS_ADMIN_PASSWORD")
# Private networks that webhooks may go to, and hosts that Apprise channels of self-hosted services may name.
OUTGOING_ALLOWED_NETWORKS = env.networks("OUTGOING_ALLOWED_NETWORKS")
APPRISE_HOSTS = env.hosts("APPRISE_HOSTS")
# For so long the texts of tickets stay that nobody works on any more; their counts stay for ever.
FEEDBACK_RETENTION_DAYS = env.count("FEEDBACK_RETENTION_DAYS", 730)
# Whether anybody may send feedback by the form at /feedback/, without a login.
PUBLIC_FEEDBACK_FORM = env.boolean("PUBLIC_FEEDBACK_FORM", default=True)
# The folder for backups of the portal's own database and files, and how many of them are kept.
BACKUP_DIR = BASE_DIR / env.text("BACKUP_DIR", str(VAR_DIR / "backups"))
BACKUP_KEEP = env.count("BACKUP_KEEP", 14)
# Whether the portal makes a backup, and proves that it restores, every night.
BACKUP_DAILY = env.boolean("BACKUP_DAILY", default=True)
# Where the head of the audit trail is sent each day, so that a rewritten trail can be told from the true one.
AUDIT_HEAD_EMAIL = env.email_address("AUDIT_HEAD_EMAIL")

UNFOLD = {
    "SITE_TITLE": "Ops Portal",
    "SITE_HEADER": "Ops Portal",
    "SITE_SYMBOL": "rocket_launch",
    "SITE_URL": None,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_HISTORY": False,
    "DASHBOARD_CALLBACK": "ops_portal.dashboard.front_page",
    "GLOBAL_CALLBACK": "ops_portal.dashboard.every_page",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("operations/icon.svg")},
    ],
    "STYLES": [lambda request: static("operations/portal.css")],
    "SCRIPTS": [lambda request: static("operations/portal.js")],
    "SIDEBAR": {"navigation": "ops_portal.navigation.groups"},
    "COLORS": {
        "primary": {
            "50": "oklch(97% .014 254.6)",
            "100": "oklch(93.2% .032 255.6)",
            "200": "oklch(88.2% .059 254.1)",
            "300": "oklch(80.9% .105 251.8)",
            "400": "oklch(70.7% .165 254.6)",
            "500": "oklch(62.3% .214 259.8)",
            "600": "oklch(54.6% .245 262.9)",
            "700": "oklch(48.8% .243 264.4)",
            "800": "oklch(42.4% .199 265.6)",
            "900": "oklch(37.9% .146 265.5)",
            "950": "oklch(28.2% .091 267.9)",
        },
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "axes": {"level": "WARNING"},
        # The schedule speaks up twice a minute otherwise.
        "celery.beat": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
    },
}
