"""Where the mail provider tells what became of an e-mail (`/mail/events/`).

django-anymail reads each provider's own form of it and checks the secret; mail still leaves by
SMTP. Named are the providers that hand our own Message-ID back.
"""

from __future__ import annotations

from anymail.exceptions import AnymailConfigurationError
from anymail.webhooks.base import AnymailCoreWebhookView
from anymail.webhooks.brevo import BrevoTrackingWebhookView
from anymail.webhooks.mailgun import MailgunTrackingWebhookView
from anymail.webhooks.postmark import PostmarkTrackingWebhookView
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from notices import events

USER = "prime"
MALFORMED = (ValueError, KeyError, TypeError, AttributeError)


class _Taken(AnymailCoreWebhookView):  # type: ignore[misc]
    """Hands every event to notices.events in place of anymail's signal: an error is answered."""

    webhook_secret = None

    def post(self, request: HttpRequest) -> HttpResponse:
        self.run_validators(request)
        try:
            told = self.parse_events(request)
        except (*MALFORMED, AnymailConfigurationError) as error:
            raise BadRequest(
                f"This is no event of {self.esp_name}: {type(error).__name__}."
            ) from None
        for event in told:
            events.take(event, at=timezone.now())
        return HttpResponse()


class Brevo(_Taken, BrevoTrackingWebhookView):  # type: ignore[misc]
    pass


class Mailgun(_Taken, MailgunTrackingWebhookView):  # type: ignore[misc]
    pass


class Postmark(_Taken, PostmarkTrackingWebhookView):  # type: ignore[misc]
    pass


VIEWS: dict[str, type[_Taken]] = {"brevo": Brevo, "mailgun": Mailgun, "postmark": Postmark}


@csrf_exempt
@login_not_required
def told(request: HttpRequest) -> HttpResponseBase:
    """Take what the provider of this portal tells, and nobody else's word. 404 without one.

    Mailgun signs what it tells; the others bring the secret as the password of Basic
    authentication.
    """
    name, secret = settings.MAIL_PROVIDER, settings.MAIL_PROVIDER_SECRET
    if not name:
        raise Http404
    proof = {"webhook_secret": f"{USER}:{secret}"}
    if name == "mailgun":
        proof = {"webhook_signing_key": secret}
    answer: HttpResponseBase = VIEWS[name].as_view(**proof)(request)
    return answer
