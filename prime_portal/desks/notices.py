"""The desk where staff write, check, approve and schedule the Notice and the policy (6.2).

One writes, another approves: the page of approval shows everything as it will be frozen, and
what is approved is what was shown. The middleware lets in staff with their second factor alone.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import formats, timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from notices.models import Document, NoticeDraft, WebsiteAttestation
from notices.writing import attestations, checking, drafts, publishing
from notices.writing.content import texts_of
from notices.writing.documents import KINDS, NOTICE, kind_of
from prime_portal.compliance import facts_for_notice, notice_drift
from prime_portal.desks.notice_forms import AttestForm, BeginForm, ScheduleForm, SectionForm

may_write = permission_required("notices.change_noticedraft", raise_exception=True)
may_approve = permission_required("notices.add_notice", raise_exception=True)
may_attest = permission_required("notices.add_websiteattestation", raise_exception=True)


def _page(request: HttpRequest, name: str, **context: Any) -> HttpResponse:
    return render(request, f"admin/notices/{name}.html", admin.site.each_context(request) | context)


@may_write
@require_http_methods(["GET", "POST"])
def desk(request: HttpRequest) -> HttpResponse:
    """Show what is in force, coming and being written, and what has drifted; begin a draft."""
    form = BeginForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        draft = drafts.begin(
            Document(form.cleaned_data["document"]),
            title=form.cleaned_data["title"],
            by=request.user,  # type: ignore[arg-type]
            at=timezone.now(),
        )
        return redirect("notice_desk:draft", draft.pk)
    today = timezone.localdate()
    return _page(
        request,
        "desk",
        form=form,
        drafts=NoticeDraft.objects.select_related("drafted_by").order_by("document", "title"),
        documents=[
            {
                "kind": kind,
                "space": "notices" if kind is NOTICE else "policy",
                "in_force": kind.model.objects.in_force(on=today),
                "versions": kind.model.objects.select_related("drafted_by", "approved_by"),
                "today": today,
            }
            for kind in KINDS.values()
        ],
        drift=notice_drift(on=today),
        look_due=attestations.due(on=today),
        last_look=WebsiteAttestation.objects.first(),
    )


@may_write
@require_http_methods(["GET", "POST"])
def draft(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show what is still missing, section by section; set the day and what changed."""
    held = get_object_or_404(NoticeDraft, pk=pk)
    form = ScheduleForm(
        request.POST or None,
        initial={
            "title": held.title,
            "effective_on": held.effective_on,
            "changes_en": held.changes_en,
            "changes_es": held.changes_es,
        },
        older=checking.CHANGED in checking.older_spanish(held.stamps),
    )
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        drafts.schedule(
            held,
            title=said["title"],
            effective_on=said["effective_on"],
            changes=form.changes(),
            by=request.user,  # type: ignore[arg-type]
            at=timezone.now(),
            gone_over=said.get("over", False),
        )
        messages.success(request, _("Saved."))
        return redirect("notice_desk:draft", pk)
    findings = publishing.check(held, facts=facts_for_notice())
    return _page(
        request,
        "draft",
        draft=held,
        form=form,
        sections=[
            {
                "key": key,
                "name": name,
                "sentences": [f.sentence for f in findings if f.section == key],
            }
            for key, name in _sections(held)
        ],
        count=len(findings),
    )


@may_write
@require_http_methods(["GET", "POST"])
def words(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Write the texts of one section, both languages side by side."""
    held = get_object_or_404(NoticeDraft, pk=pk)
    section = request.GET.get("section", checking.GENERAL)
    names = dict(_sections(held))
    if section not in names:
        raise Http404
    paths = drafts.paths(kind_of(held.document), section)
    older = checking.older_spanish(held.stamps)
    form = SectionForm(request.POST or None, paths=paths, texts=texts_of(held.content), older=older)
    if request.method == "POST" and form.is_valid():
        try:
            drafts.write(
                held,
                form.texts(),
                by=request.user,  # type: ignore[arg-type]
                at=timezone.now(),
                gone_over=form.gone_over(),
                seen=request.POST.get("seen", ""),
            )
        except drafts.DraftChanged:
            messages.error(
                request,
                _("Somebody else saved this draft while you wrote. Copy your words, then reload."),
            )
        else:
            messages.success(request, _("Saved."))
            return redirect("notice_desk:draft", pk)
    findings = publishing.check(held, facts=facts_for_notice())
    return _page(
        request,
        "words",
        draft=held,
        form=form,
        section_name=names[section],
        seen=request.POST.get("seen") or drafts.version_of(held),
        sentences=[f.sentence for f in findings if f.section == section],
    )


@may_write
@require_GET
def preview(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the draft as it would be frozen, in both languages."""
    held = get_object_or_404(NoticeDraft, pk=pk)
    return _page(request, "preview", draft=held, pages=_pages(held))


@may_approve
@require_http_methods(["GET", "POST"])
def approve(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Let a second person read all of it, then publish it for its day (6.2)."""
    held = get_object_or_404(NoticeDraft, pk=pk)
    facts, refused = facts_for_notice(), []
    if request.method == "POST":
        if request.POST.get("shown") != publishing.fingerprint(held, facts=facts):
            refused = [_("The draft is not what you were shown any more. Read it again.")]
        else:
            try:
                version = publishing.publish(
                    held,
                    facts=facts,
                    effective_on=held.effective_on,
                    changes_en=held.changes_en,
                    changes_es=held.changes_es,
                    by=request.user,  # type: ignore[arg-type]
                    at=timezone.now(),
                )
            except publishing.PublishingRefused as error:
                refused = error.sentences
            else:
                said = _("Published: version %(number)s, in effect from %(on)s.")
                on = formats.date_format(version.effective_on)
                messages.success(request, said % {"number": version.number, "on": on})
                return redirect("notice_desk:desk")
    return _page(
        request,
        "approve",
        draft=held,
        refused=refused,
        sentences=[f.sentence for f in publishing.check(held, facts=facts)],
        own=request.user.pk in publishing.writers(held),
        shown=publishing.fingerprint(held, facts=facts),
        pages=_pages(held),
    )


@may_attest
@require_http_methods(["GET", "POST"])
def website(request: HttpRequest) -> HttpResponse:
    """Give the snippet for PRIME's own web site; record that somebody saw it there (6.2)."""
    form = AttestForm(request.POST or None, initial={"seen_on": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        try:
            attestations.attest(
                page=form.cleaned_data["page"],
                seen_on=form.cleaned_data["seen_on"],
                by=request.user,  # type: ignore[arg-type]
                at=timezone.now(),
            )
        except attestations.Refused as error:
            form.add_error("seen_on", str(error))
        else:
            messages.success(request, _("Recorded. You are asked again next quarter."))
            return redirect("notice_desk:website")
    return _page(
        request,
        "website",
        form=form,
        snippets=[(language, attestations.snippet(language)) for language in ("en", "es")],
        due=attestations.due(on=timezone.localdate()),
        looks=WebsiteAttestation.objects.select_related("attested_by")[:8],
    )


def _sections(held: NoticeDraft) -> list[tuple[str, str]]:
    sections = [(checking.GENERAL, _("General"))]
    if kind_of(held.document) is NOTICE:
        sections += [(c.key, str(c.name)) for c in facts_for_notice().categories]
    return sections


def _pages(held: NoticeDraft) -> list[tuple[str, str]]:
    """Render both languages as publishing would; nothing of a malformed draft."""
    kind = kind_of(held.document)
    newest = kind.model.objects.order_by("-number").first()
    try:
        content = publishing.content_of(held, facts_for_notice())
    except ValueError:
        return []
    number = newest.number + 1 if newest else 1
    return [
        (
            language,
            mark_safe(  # noqa: S308 - a template of ours, which escapes what staff wrote
                publishing.page(
                    content, language, kind=kind, number=number, effective_on=held.effective_on
                )
            ),
        )
        for language in ("en", "es")
    ]


app_name = "notice_desk"
urlpatterns = [
    path("", desk, name="desk"),
    path("website/", website, name="website"),
    path("<uuid:pk>/", draft, name="draft"),
    path("<uuid:pk>/words/", words, name="words"),
    path("<uuid:pk>/preview/", preview, name="preview"),
    path("<uuid:pk>/approve/", approve, name="approve"),
]
