"""What a third party's machine asks for: what waits, a package, its key, what was withdrawn.

JSON in, bytes out; an Authorization header and nothing else says who asks. No session, no
cookie, and nothing of a customer in an address. A package is noise without its key; a key is
decided anew at each fetch, under the locks of consent.disclosures.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from functools import wraps
from pathlib import Path
from typing import Any
from uuid import UUID

from allauth.core.internal.httpkit import get_client_ip
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponseBase,
    JsonResponse,
    StreamingHttpResponse,
)
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from consent import disclosures, packages, proposals, recipients, withdrawals
from consent.models import Package, RecipientCredential, Withdrawal
from usage import signing

logger = logging.getLogger(__name__)

KEY_WITHIN, BYTES_WITHIN = 1.0, 5.0
"""Seconds the server waits for a reader who takes nothing: of a key, of a package's bytes."""

View = Callable[..., HttpResponseBase]


def _problem(status: int, sentence: str, **more: Any) -> JsonResponse:
    return JsonResponse({"error": sentence, **more}, status=status)


def with_credential(view: View) -> View:
    """Let in whoever shows a credential in force, counted before it is compared."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            credential = recipients.known(
                request.headers.get("Authorization", ""),
                address=get_client_ip(request),
                at=timezone.now(),
            )
            return view(request, credential, *args, **kwargs)
        except recipients.Unknown:
            refused = _problem(401, "Show your credential: Authorization: Bearer …")
            refused.headers["WWW-Authenticate"] = "Bearer"
            return refused
        except recipients.TooMany:
            refused = _problem(429, "Too many requests this hour. Try again in the next.")
            refused.headers["Retry-After"] = "3600"
            return refused
        except DatabaseError:
            logger.exception("What a third party asked for could not be looked up.")
            return _problem(503, "This cannot be decided now, so nothing left. Try again later.")

    return login_not_required(csrf_exempt(guarded))


@with_credential
@require_http_methods(["GET"])
def waiting(_request: HttpRequest, credential: RecipientCredential) -> HttpResponseBase:
    """List the packages that wait, and what was withdrawn and not yet acknowledged."""
    waits = Package.objects.waiting(at=timezone.now()).filter(third_party=credential.third_party)
    told = withdrawals.waiting_for(credential.third_party)
    return JsonResponse(
        {
            "packages": [_described(package) for package in waits.order_by("prepared_at")],
            "withdrawals": [
                {
                    "id": str(withdrawal.pk),
                    "text": withdrawal.text,
                    "signature": bytes(withdrawal.signature).hex(),
                    "acknowledge": reverse("recipient:acknowledge", args=[withdrawal.pk]),
                }
                for withdrawal in told
            ],
            "signing_keys": {name: key.hex() for name, key in signing.known_keys().items()},
        }
    )


def _kept(credential: RecipientCredential, pk: UUID) -> Package | None:
    return (
        Package.objects.kept(at=timezone.now())
        .filter(third_party=credential.third_party, pk=pk)
        .first()
    )


def _described(package: Package) -> dict[str, Any]:
    return {
        "id": str(package.pk),
        "format": package.format,
        "granularity": package.granularity,
        "first_day": str(package.first_day),
        "last_day": str(package.last_day),
        "size": package.size,
        "expires_at": package.expires_at.isoformat(),
        "file": reverse("recipient:package", args=[package.pk]),
        "key": reverse("recipient:key", args=[package.pk]),
    }


@with_credential
@require_http_methods(["GET"])
def package(request: HttpRequest, credential: RecipientCredential, pk: UUID) -> HttpResponseBase:
    """Give the encrypted bytes. They say nothing yet, so nothing is disclosed."""
    held = _kept(credential, pk)
    if held is None:
        return _problem(404, "No such package waits for you.")
    try:
        file = (Path(settings.MEDIA_ROOT) / held.path).open("rb")
    except OSError:
        return _problem(503, "The package cannot be read now. Try again later.")
    _wait_at_most(request, BYTES_WITHIN)
    return FileResponse(file, filename=f"{held.pk}.package", as_attachment=True)


class Held:
    """An answer whose locks are kept until the server has written it out.

    A WSGI server writes one piece before it asks for the next (PEP 3333): the generator goes on,
    commits and lets its locks go only then, or when the server closes it.
    """

    def __init__(self, pieces: Generator[bytes]) -> None:
        self._pieces = pieces
        self.first: bytes | None = next(pieces)

    def __iter__(self) -> Held:
        return self

    def __next__(self) -> bytes:
        if self.first is None:
            return next(self._pieces)
        piece, self.first = self.first, None
        return piece

    def close(self) -> None:
        self._pieces.close()


@with_credential
@require_http_methods(["POST"])
def key(request: HttpRequest, credential: RecipientCredential, pk: UUID) -> HttpResponseBase:
    """Hand the key over if it may go at this moment; this is the disclosure (6.4 to 6.10)."""
    held = _kept(credential, pk)
    if held is None:
        return _problem(404, "No such package waits for you.")
    _wait_at_most(request, KEY_WITHIN)
    try:
        answer = Held(_handing_over(held, credential))
    except disclosures.Refused as refused:
        decision = refused.decision
        return _problem(403, decision.reason, clause=decision.clause, policy="PRIME-07")
    except (disclosures.NotRecorded, packages.NoKey) as failed:
        return _problem(503, str(failed))
    size = len(answer.first or b"")
    return StreamingHttpResponse(
        answer, content_type="application/json", headers={"Content-Length": str(size)}
    )


def _handing_over(package: Package, credential: RecipientCredential) -> Generator[bytes]:
    proposal = proposals.of(package)
    with disclosures.releasing(
        proposal, package, credential=credential, at=timezone.now
    ) as leaving:
        gone = leaving.disclosure
        said = {
            "key": leaving.key.hex(),
            "package": str(package.pk),
            "sha256": bytes(package.sha256).hex(),
            "rows": gone.rows,
            "granularity": gone.granularity,
            "disclosure": str(gone.pk),
            "clause": gone.clause,
        }
        if len(proposal.about) == 1 and (authorization := proposal.about[0].authorization):
            said["authorization"] = str(authorization.pk)
        yield JsonResponse(said).content


def _wait_at_most(request: HttpRequest, seconds: float) -> None:
    """Have the server give up on a reader that takes nothing, rather than keep others waiting."""
    socket = request.META.get("gunicorn.socket")
    if socket is not None:
        socket.settimeout(seconds)


@with_credential
@require_http_methods(["POST"])
def acknowledge(
    _request: HttpRequest, credential: RecipientCredential, pk: UUID
) -> HttpResponseBase:
    """Record that the third party has read that something was withdrawn."""
    told = Withdrawal.objects.filter(third_party=credential.third_party, pk=pk).first()
    if told is None:
        return _problem(404, "You were not told of that.")
    withdrawals.acknowledge(told, credential=credential, at=timezone.now())
    return JsonResponse({"acknowledged": str(told.pk)})
