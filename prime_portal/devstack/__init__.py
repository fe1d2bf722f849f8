"""The servers of a demo or a test run: PostgreSQL, Valkey and a mailbox, started as our children.

Production never comes here: it is told DATABASE_URL and REDIS_URL, and installs none of the
packages that carry these servers. So nothing in this package imports them either; their
binaries are found on disk and run.
"""
