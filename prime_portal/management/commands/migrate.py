"""Migrate as the role that owns the tables."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections

# What the web and the workers may do with tables made from here on. Evidence tables take
# back most of it in their own migrations (ledger.watch).
PRIVILEGES = """
    GRANT USAGE ON SCHEMA public TO prime_app;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public
        GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO prime_app;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO prime_app;
"""


class Command(migrate.Command):
    """As Django's, on the `owner` connection: web and workers own nothing and change no table."""

    def handle(self, *args: Any, **options: Any) -> str | None:
        if options["database"] == "default":
            if "owner" not in settings.DATABASES:
                raise CommandError(
                    "Set DATABASE_OWNER_URL (the role prime_owner): the web role may not "
                    "change tables."
                )
            options["database"] = "owner"
        with connections[options["database"]].cursor() as cursor:
            cursor.execute(PRIVILEGES)
        return super().handle(*args, **options)
