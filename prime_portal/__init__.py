"""The project: settings, sign-in and claiming, the ledger, the whole record, the demo."""

from prime_portal.celery import app as celery_app

__all__ = ["celery_app"]
