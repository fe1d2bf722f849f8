"""Staff may come by the city's own sign-in instead of a password (OpenID Connect; 5.1).

It says who somebody is, and nothing more: only who is of PRIME's staff already is let in, known by
the address the provider vouches for, from then on by the provider's own number for them. Nobody
signs up by it, no customer uses it, and it is no second factor: the staff pages open with a passkey
or an authenticator app of the portal's, as for everybody.
"""

from __future__ import annotations

import logging
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from prime_portal.models import User

logger = logging.getLogger(__name__)

PROVIDER = "city"


class StaffOnly(DefaultSocialAccountAdapter):
    """Lets in who is of the staff, and makes nobody."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        user = sociallogin.user if sociallogin.is_existing else _vouched_for(sociallogin)
        if user is None or not (user.is_staff and user.is_active):
            raise ImmediateHttpResponse(_not_let_in(request))
        if not sociallogin.is_existing:
            sociallogin.user = user
            sociallogin.save(request, connect=True)

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, **_details: Any
    ) -> None:
        logger.warning("The city's sign-in did not work out: %s.", error)
        raise ImmediateHttpResponse(_not_let_in(request))


def _vouched_for(sociallogin: SocialLogin) -> User | None:
    """Return whose address the provider vouches for; nobody who came by another number before."""
    claims = sociallogin.account.extra_data["id_token"]
    email = str(claims.get("email", ""))
    if not email or not (settings.OIDC_VERIFIES_EMAIL or claims.get("email_verified") is True):
        return None
    user = User.objects.filter(email__iexact=email).first()
    if user and SocialAccount.objects.filter(user=user).exists():
        return None  # an address that was given to somebody else
    return user


def _not_let_in(request: HttpRequest) -> HttpResponseBase:
    """The same answer whatever the reason, so that it tells nothing of who is of the staff."""
    messages.error(request, _("The city’s sign-in did not let you in. Ask the privacy official."))
    return redirect("account_login")


class Provider(OpenIDConnectOAuth2Adapter):
    """The city's provider. What it signed is checked even where the connection itself is safe."""

    def _decode_id_token(self, app: Any, id_token: str) -> dict[str, Any]:
        decoded: dict[str, Any] = jwtkit.verify_and_decode(
            credential=id_token,
            keys_url=self.openid_config["jwks_uri"],
            issuer=self.openid_config["issuer"],
            audience=app.client_id,
            lookup_kid=jwtkit.lookup_kid_jwk,
        )
        return decoded


@login_not_required
@require_POST
def begin(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Send the browser to the city's provider. By POST, so that no foreign page sends it there."""
    view = OAuth2LoginView.adapter_view(Provider(request, provider_id))
    answer: HttpResponseBase = view(request)
    return answer


@login_not_required
@require_GET
def come_back(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Take what the provider says of whoever comes back from it."""
    view = OAuth2CallbackView.adapter_view(Provider(request, provider_id))
    answer: HttpResponseBase = view(request)
    return answer
