"""Staff write a notice, mend what the check names, and another person publishes it (6.2)."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from notices.models import Document, Notice, NoticeDraft, PostedPolicy, WebsiteAttestation
from notices.writing import attestations, drafts
from notices.writing.content import Words
from notices.writing.publishing import LABEL
from prime_portal.models import User
from tests import builders
from usage.models import Category

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _second_factor(monkeypatch) -> None:
    monkeypatch.setattr(
        "prime_portal.middleware.get_authentication_records",
        lambda *_arguments: [{"method": "mfa", "type": "totp"}],
    )


def as_(client: Any, who: User) -> Any:
    client.force_login(who, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def alma(client) -> Any:
    return as_(client, builders.alma())


def address(name: str, draft: NoticeDraft | None = None, section: str = "") -> str:
    found = reverse(f"notice_desk:{name}", args=[draft.pk] if draft else [])
    return f"{found}?section={section}" if section else found


def text(response: Any) -> str:
    assert response.status_code == 200, response
    return unescape(response.content.decode())


def save(client: Any, draft: NoticeDraft, section: str, **change: str) -> Any:
    """Send the form of a section as it stands, but for these fields (“path:language”)."""
    page = client.get(address("words", draft, section))
    fields = {name: page.context["form"][name].value() for name in page.context["form"].fields}
    fields = {name: value for name, value in fields.items() if value is not None}
    fields["seen"] = page.context["seen"]
    return client.post(address("words", draft, section), fields | change)


def test_a_draft_is_written_mended_approved_scheduled_and_takes_force(client) -> None:
    today = timezone.localdate()
    builders.notice(at=timezone.now() - timedelta(days=30))
    as_(client, builders.alma())
    begun = client.post(address("desk"), {"document": "notice", "title": "Next"})
    draft = NoticeDraft.objects.get()
    assert begun["Location"] == address("draft", draft)
    assert "Everything the policy asks for is said." in text(client.get(begun["Location"]))

    # Refused, by name; mended; and the Spanish must follow the English.
    saved = save(client, draft, "demand", **{"categories.demand.limit:en": "Only as needed."})
    assert saved.status_code == 302
    page = text(client.get(address("draft", draft)))
    assert "Vague in English: of “Highest power use”: how to limit it" in page
    assert "“as needed” says nothing" in page
    save(client, draft, "demand", **{"categories.demand.limit:en": "It cannot be limited."})
    page = text(client.get(address("words", draft, "demand")))
    assert "The Spanish is older than the English" in page
    assert "I read the Spanish again" in page
    save(client, draft, "demand", **{"categories.demand.limit:over": "on"})
    assert "Everything the policy asks for is said." in text(client.get(address("draft", draft)))

    schedule = {
        "title": "Next",
        "effective_on": str(today + timedelta(days=20)),
        "changes_en": "How to limit demand.",
        "changes_es": "Cómo limitar la demanda.",
    }
    assert client.post(address("draft", draft), schedule).status_code == 302

    # Alma wrote it: she is not offered to publish it, and cannot.
    page = text(client.get(address("approve", draft)))
    assert "Somebody else must approve them." in page
    assert "It cannot be limited." in page
    assert 'name="shown"' not in page
    shown = client.get(address("approve", draft)).context["shown"]
    page = text(client.post(address("approve", draft), {"shown": shown}))
    assert "did not write it" in page

    as_(client, builders.bruno())
    page = client.get(address("approve", draft))
    assert "How to limit demand." in text(page)
    done = client.post(address("approve", draft), {"shown": page.context["shown"]})
    assert done["Location"] == address("desk")
    notice = Notice.objects.get(number=2)
    assert notice.drafted_by == builders.alma()
    assert notice.approved_by == builders.bruno()
    assert notice.pdfs.count() == 2
    assert re.search(r"2</a></th>\s*<td>scheduled", text(client.get(address("desk"))))
    assert Notice.objects.in_force(on=today).number == 1
    assert Notice.objects.in_force(on=today + timedelta(days=20)) == notice


def test_what_is_approved_is_what_was_shown(client) -> None:
    draft = builders.draft()
    draft.effective_on = timezone.localdate()
    draft.save()
    as_(client, builders.bruno())
    shown = client.get(address("approve", draft)).context["shown"]
    said = {"marketing": Words("Nobody calls you to sell.", "Nadie le llama para vender.")}
    drafts.write(draft, said, by=builders.alma(), at=timezone.now())
    page = text(client.post(address("approve", draft), {"shown": shown}))
    assert "not what you were shown any more" in page
    shown = client.get(address("approve", draft)).context["shown"]
    builders.use(at=timezone.now())
    page = text(client.post(address("approve", draft), {"shown": shown}))
    assert "not what you were shown any more" in page
    assert not Notice.objects.exists()


def test_whoever_changes_one_word_may_not_approve_it_either(client) -> None:
    draft = builders.draft()
    draft.effective_on = timezone.localdate()
    draft.save()
    as_(client, builders.bruno())
    save(client, draft, "general", **{"closing:en": "Thank you.", "closing:es": "Gracias."})
    page = client.get(address("approve", draft))
    assert "Somebody else must approve them." in text(page)
    page = client.post(address("approve", draft), {"shown": page.context["shown"]})
    assert "did not write it" in text(page)
    assert not Notice.objects.exists()


def schedule(client: Any, draft: NoticeDraft, **change: str) -> Any:
    """Send the form of the day and of what is new as it stands, but for these fields."""
    form = client.get(address("draft", draft)).context["form"]
    fields = {name: form[name].value() for name in form.fields}
    fields = {name: value for name, value in fields.items() if value is not None}
    return client.post(address("draft", draft), fields | change)


@pytest.mark.parametrize(
    "change",
    [
        {"changes_en": "We say how long."},
        {"changes_es": "Decimos por cuánto tiempo."},
        {"effective_on": str(timezone.localdate() + timedelta(days=30))},
    ],
)
def test_whoever_says_what_changed_or_sets_the_day_may_not_approve_it_either(
    client, change: dict[str, str]
) -> None:
    draft = builders.draft()
    as_(client, builders.alma())
    said = {"effective_on": str(timezone.localdate()), "changes_en": "A", "changes_es": "B"}
    assert schedule(client, draft, **said).status_code == 302

    # Bruno changes nothing but the title, which is for staff: he may.
    as_(client, builders.bruno())
    assert schedule(client, draft, title="Better").status_code == 302
    page = text(client.get(address("approve", draft)))
    assert "Somebody else must approve them." not in page
    assert schedule(client, draft, **change).status_code == 302
    page = client.get(address("approve", draft))
    assert "Somebody else must approve them." in text(page)
    page = client.post(address("approve", draft), {"shown": page.context["shown"]})
    assert "did not write it" in text(page)
    assert not Notice.objects.exists()


def test_whose_words_another_touched_may_not_approve_them(client) -> None:
    draft = builders.draft()
    draft.effective_on = timezone.localdate()
    draft.save()
    clara = builders.staff("clara@prime.example")
    for who, closing in ((builders.bruno(), "Thank you."), (clara, "Thank you!")):
        as_(client, who)
        save(client, draft, "general", **{"closing:en": closing, "closing:es": closing})
    for who in (builders.bruno(), clara):
        as_(client, who)
        page = client.get(address("approve", draft))
        assert "Somebody else must approve them." in text(page)
        page = client.post(address("approve", draft), {"shown": page.context["shown"]})
        assert "did not write it" in text(page)
    assert not Notice.objects.exists()
    draft.refresh_from_db()
    assert draft.stamps["closing.en"]["by"] == [str(builders.bruno().pk), str(clara.pk)]
    as_(client, builders.staff("dora@prime.example"))
    page = client.get(address("approve", draft))
    client.post(address("approve", draft), {"shown": page.context["shown"]})
    assert Notice.objects.count() == 1


def test_the_spanish_of_what_changed_follows_its_english_too(client) -> None:
    draft = builders.draft()
    as_(client, builders.alma())
    said = {"effective_on": str(timezone.localdate()), "changes_en": "A", "changes_es": "B"}
    schedule(client, draft, **said)
    assert "I read the Spanish again" not in text(client.get(address("draft", draft)))
    schedule(client, draft, changes_en="Another.")
    page = text(client.get(address("draft", draft)))
    assert "The Spanish is older than the English: what changed" in page
    assert "I read the Spanish again" in page
    schedule(client, draft, over="on")
    page = text(client.get(address("draft", draft)))
    assert "Everything the policy asks for is said." in page
    assert "I read the Spanish again" not in page


def test_two_who_write_at_once_do_not_overwrite_each_other(alma) -> None:
    draft = builders.draft()
    stale = alma.get(address("words", draft, "general")).context["seen"]
    save(alma, draft, "general", **{"closing:en": "First.", "closing:es": "Primero."})
    answer = save(alma, draft, "general", **{"closing:en": "Second.", "seen": stale})
    assert "Somebody else saved this draft" in text(answer)
    assert ">Second.</textarea>" in text(answer).replace("\r\n", "").replace("\n", "")
    draft.refresh_from_db()
    assert draft.content["closing"]["en"] == "First."


@pytest.mark.parametrize("name", ["draft", "words", "preview", "approve"])
@pytest.mark.parametrize("document", [Document.NOTICE, Document.POLICY])
def test_an_empty_draft_can_be_looked_at_from_every_side(alma, name, document) -> None:
    draft = drafts.begin(document, title="Empty", by=builders.alma(), at=timezone.now())
    assert "Empty" in text(alma.get(address(name, draft)))


def test_whoever_reads_spanish_is_told_in_spanish_what_is_missing_and_what_drifted(alma) -> None:
    builders.notice(at=timezone.now() - timedelta(days=3))
    Category.objects.filter(key="demand").update(retention_months=99)
    demand = Category.objects.get(key="demand").name_es
    draft = drafts.begin(
        Document.NOTICE, title="Empty", by=builders.alma(), at=timezone.now(), content={}
    )
    for name, said in (
        ("draft", "Falta en inglés: quién es PRIME (6.2)."),
        ("draft", f">{demand}<"),
        ("words", "Quién es PRIME (6.2)"),
        ("approve", f"Falta en español: de “{demand}”: cómo verla (6.2)."),
    ):
        page = text(alma.get(address(name, draft), headers={"accept-language": "es"}))
        assert said in page, name
    desk = text(alma.get(address("desk"), headers={"accept-language": "es"}))
    assert f"“{demand}” se guarda 99 meses" in desk


def test_the_privacy_policy_is_written_and_published_at_the_same_desk(client) -> None:
    draft = builders.policy_draft()
    draft.effective_on = timezone.localdate()
    draft.save()
    as_(client, builders.bruno())
    page = client.get(address("approve", draft))
    client.post(address("approve", draft), {"shown": page.context["shown"]})
    assert PostedPolicy.objects.get().number == 1
    assert not Notice.objects.exists()


def test_what_the_notice_leaves_out_is_red_at_the_desk_and_in_the_admin(alma) -> None:
    builders.notice(at=timezone.now() - timedelta(days=3))
    good = "The notice in effect says what PRIME does."
    assert good in text(alma.get(address("desk")))
    builders.use(at=timezone.now())
    for page in (alma.get(address("desk")), alma.get(reverse("admin:index"))):
        assert "“Solar Sample (fictitious)” may be authorized" in text(page)
    assert good not in text(alma.get(address("desk")))


def test_the_web_site_is_looked_at_once_a_quarter(alma) -> None:
    today = timezone.localdate()
    page = text(alma.get(address("website")))
    assert (
        f'<a href="{settings.PORTAL_ORIGIN}/en/notice/" lang="en" hreflang="en">{LABEL}</a>' in page
    )
    assert f"{settings.PORTAL_ORIGIN}/es/notice/" in page
    assert attestations.due(on=today)
    form = {"page": "https://www.prime.example/", "seen_on": str(today + timedelta(days=1))}
    assert "still to come" in text(alma.post(address("website"), form))
    form["seen_on"] = str(today)
    assert alma.post(address("website"), form).status_code == 302
    look = WebsiteAttestation.objects.get()
    assert (look.attested_by, look.seen_on) == (builders.alma(), today)
    assert not attestations.due(on=today)
    assert attestations.due(on=today + timedelta(days=92))


def test_only_staff_with_the_permission_come_to_the_desk(client) -> None:
    draft = builders.draft()
    clerk = User.objects.create_user("clerk@prime.example", is_staff=True)
    as_(client, clerk)
    for name in ("desk", "website"):
        assert client.get(address(name)).status_code == 403
    for name in ("draft", "words", "preview", "approve"):
        assert client.get(address(name, draft)).status_code == 403
    clerk.user_permissions.add(Permission.objects.get(codename="change_noticedraft"))
    assert client.get(address("draft", draft)).status_code == 200
    assert client.get(address("approve", draft)).status_code == 403
    as_(client, User.objects.create_user("rosa@example.com"))
    assert client.get(address("desk")).status_code == 404
