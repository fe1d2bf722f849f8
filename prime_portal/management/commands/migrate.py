"""Migrate as the role that owns the tables."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from prime_portal import roles

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
        done = super().handle(*args, **options)
        if not options["plan"] and not options["check_unapplied"] and not _left(options):
            roles.lay(using=options["database"])
        return done


def _left(options: dict[str, Any]) -> bool:
    """Whether migrations are still to come: then not every permission is there yet."""
    executor = MigrationExecutor(connections[options["database"]])
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
