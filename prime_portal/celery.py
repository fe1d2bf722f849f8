"""Celery's timetable. Beat only pokes; rows in PostgreSQL are the queue, and tasks may run
twice, late or not at all: the next poke makes it good."""

from __future__ import annotations

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "prime_portal.settings")

app = Celery(
    "prime_portal",
    task_cls="prime_portal.heartbeats:Poked",
    log="prime_portal.logs:CeleryLogging",
)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.task_routes = {"notices.reconcile": {"queue": "reconcile"}}
app.conf.beat_scheduler = "prime_portal.heartbeats:Scheduler"
app.conf.beat_max_loop_interval = 30
app.conf.beat_schedule = {
    "worker heartbeat": {"task": "prime_portal.heartbeat", "schedule": 60},
    "heartbeat of who settles": {
        "task": "prime_portal.heartbeat",
        "schedule": 60,
        "args": ["reconcile"],
        "options": {"queue": "reconcile"},
    },
    "plan notices": {"task": "notices.plan", "schedule": crontab(minute="*/15")},
    "tell of disputes": {"task": "notices.answer", "schedule": 60},
    "answer who asked for a new code": {"task": "notices.answer_code_requests", "schedule": 20},
    "give receipts of what ended": {
        "task": "consent.give_ended",
        "schedule": crontab(minute="1-59/15"),
    },
    # Those that nobody printed since they changed: what is printed is kept at once.
    "keep the words of forms": {
        "task": "consent.keep_forms",
        "schedule": crontab(minute="4-59/15"),
    },
    "remind of what ends and goes on": {
        "task": "consent.remind",
        "schedule": crontab(minute="7,37"),
    },
    "owe letters about breaches": {"task": "consent.owe_breach_letters", "schedule": 60},
    "tell of stops": {"task": "consent.tell_of_stops", "schedule": 60},
    "call off what closed demands owe": {"task": "consent.call_off", "schedule": 60},
    "send what is owed": {"task": "notices.drain", "schedule": 5},
    "print letters": {"task": "notices.print", "schedule": 5, "options": {"expires": 5}},
    "settle open attempts": {"task": "notices.reconcile", "schedule": 60},
    "seal the record": {
        "task": "prime_portal.seal",
        "schedule": 60,
        "options": {"expires": 60},
    },
    "copy the record away": {
        "task": "prime_portal.journal",
        "schedule": 10,
        "options": {"expires": 10},
    },
    "publish the seal of the day": {"task": "prime_portal.publish_seal", "schedule": 600},
    # A copy that takes minutes must not find a heap of pokes behind it.
    "prepare copies": {
        "task": "prime_portal.prepare_downloads",
        "schedule": 10,
        "options": {"expires": 10},
    },
    "tell that copies are ready": {"task": "notices.tell_ready", "schedule": 15},
    "tell staff": {"task": "notices.tell_staff", "schedule": 60},
    "remove old copies": {"task": "prime_portal.remove_downloads", "schedule": 3600},
    "make months ahead": {
        "task": "usage.make_months",
        "schedule": crontab(minute=5, hour=2),
    },
    "look into the drop folder": {
        "task": "usage.watch_drop",
        "schedule": 60,
        "options": {"expires": 60},
    },
    # A package that takes minutes must not find a heap of pokes behind it.
    "refresh what is authorized": {
        "task": "consent.refresh",
        "schedule": 600,
        "options": {"expires": 600},
    },
    "tell of withdrawals": {"task": "consent.tell_withdrawals", "schedule": 30},
    "remove old packages": {"task": "consent.remove_packages", "schedule": 3600},
    "remove old uploads": {"task": "usage.remove_uploads", "schedule": 3600},
    "let go of what is old": {
        "task": "prime_portal.retain",
        "schedule": crontab(minute=35, hour=3, day_of_month=2),
    },
}
