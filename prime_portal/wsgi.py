"""The web process."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "prime_portal.settings")
application = get_wsgi_application()

from django.conf import settings  # noqa: E402 - read once the application stands

from prime_portal.environment import Misconfigured  # noqa: E402

if settings.LEDGER_SIGNING_KEY:
    raise Misconfigured(
        "LEDGER_SIGNING_KEY is set for the web process. Give it to the worker alone: whoever "
        "takes over the web must not be able to seal a record of their own."
    )
