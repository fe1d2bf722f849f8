"""Staff see what needs somebody; evidence is only looked at, drafts are written."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from notices import deliveries, failures
from notices.models import Delivery, DeliveryLease, Notice, NoticeDraft
from tests import builders
from tests.notices.cast import neighbor, owed
from usage.evidence import Evidence

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client, monkeypatch) -> Any:
    """Alma at the admin, her second factor checked."""
    monkeypatch.setattr(
        "prime_portal.middleware.get_authentication_records",
        lambda *_arguments: [{"method": "mfa", "type": "totp"}],
    )
    client.force_login(
        builders.alma(), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    return client


def test_evidence_is_only_looked_at() -> None:
    request = RequestFactory().get("/admin/")
    request.user = builders.alma()
    looked_at = 0
    for model, shown in builders.admin_desks():
        if isinstance(getattr(model, "kept", None), Evidence):
            looked_at += 1
            # Where staff may add something, a page of its own asks for it and calls the verb.
            its_own_page = type(shown).add_view is not admin.ModelAdmin.add_view
            assert its_own_page or not shown.has_add_permission(request), model
            assert not shown.has_change_permission(request), model
            assert not shown.has_delete_permission(request), model
    assert looked_at > 5
    assert not admin.site.is_registered(DeliveryLease)


def test_what_is_overdue_or_failed_stands_above_the_list(staff) -> None:
    builders.notice(at=timezone.now() - timedelta(days=90))
    rosa, luis = neighbor(1, name="Rosa Ejemplo"), neighbor(2, name="Luis Muestra")
    deliveries.plan(at=timezone.now() - timedelta(days=60))
    failures.fail(
        owed(luis)[0], failure=Delivery.Failure.RETURNED, detail="moved", at=timezone.now()
    )
    listed = reverse("admin:notices_delivery_changelist")
    page = staff.get(listed).content.decode()
    assert "1 overdue, 1 failed for good." in page
    for query, name in (
        ({"condition": "overdue"}, "Rosa"),
        ({"condition": "failed"}, "Luis"),
        ({"state": "owed"}, "Rosa"),
        ({"state": "returned"}, "Luis"),
    ):
        filtered = staff.get(listed, query).content.decode()
        assert (f">{rosa}<" in filtered) == (name == "Rosa"), query
        assert (f">{luis}<" in filtered) == (name == "Luis"), query
    assert f">{rosa}<" not in staff.get(listed, {"condition": "sent"}).content.decode()
    builders.case(rosa, by=builders.alma())
    one = staff.get(reverse("admin:notices_delivery_change", args=[owed(rosa)[0].pk]))
    assert one.status_code == 200


def test_a_draft_can_be_thrown_away_here_and_not_written_past_its_stamps(staff) -> None:
    draft = builders.draft()
    address = reverse("admin:notices_noticedraft_change", args=[draft.pk])
    shown = staff.get(address).content.decode()
    assert f'href="{reverse("notice_desk:draft", args=[draft.pk])}"' in shown
    assert "{&quot;" not in shown
    assert staff.post(address, {"title": "other", "content": "{}"}).status_code == 403
    assert staff.get(reverse("admin:notices_noticedraft_changelist")).status_code == 200
    away = reverse("admin:notices_noticedraft_delete", args=[draft.pk])
    assert staff.post(away, {"post": "yes"}).status_code == 302
    assert not NoticeDraft.objects.exists()


def test_a_published_version_is_shown(staff) -> None:
    notice = builders.notice(at=timezone.now())
    page = staff.get(reverse("admin:notices_notice_change", args=[notice.pk]))
    assert page.status_code == 200
    assert f'href="{reverse("notices:version", args=[notice.number])}"' in page.content.decode()
    assert "{&quot;" not in page.content.decode()
    assert staff.get(reverse("admin:notices_notice_changelist")).status_code == 200
    assert Notice.objects.count() == 1
