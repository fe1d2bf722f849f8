"""Where the portal's rules meet django-allauth."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone, translation

from prime_portal import claiming, joining, sign_ins
from prime_portal.models import User
from usage import sealing


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up is closed but for who has just proved a claim code, or was invited."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        now = timezone.now()
        return bool(claiming.proven(request, at=now) or joining.waiting(request, at=now))

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> Any:
        user.language = translation.get_language() or "en"
        return super().save_user(request, user, form, commit)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Let every address in a mail start with our own origin, whatever host was asked for."""
        asked = self.request.build_absolute_uri("/")
        ours = f"{settings.PORTAL_ORIGIN}/"
        context = {
            name: ours + value.removeprefix(asked)
            if isinstance(value, str) and value.startswith(asked)
            else value
            for name, value in context.items()
        }
        super().send_mail(template_prefix, email, context)

    def login(self, request: HttpRequest, user: Any) -> None:
        """Every way in ends here: password, code, passkey, the city's sign-in."""
        super().login(request, user)
        sign_ins.note(user, sign_ins.SignIn.Outcome.SIGNED_IN, request=request, at=timezone.now())

    def post_login(
        self, request: HttpRequest, user: Any, *, signup: bool, **details: Any
    ) -> HttpResponse:
        """Finish a claim begun before signing up: by now the address is verified.

        Somebody who signs in to an earlier account is asked first: on a shared telephone the
        proof may be another person's.
        """
        response: HttpResponse = super().post_login(request, user, signup=signup, **details)
        now = timezone.now()
        if signup:
            claiming.finish(request, by=user, at=now)
            joining.finish(request, by=user, at=now)
        elif invitation := joining.waiting(request, at=now):
            return redirect("invited", invitation.pk)
        elif claiming.proven(request, at=now):
            return redirect("claim_confirm")
        return response


class SecondStepForm(AuthenticateForm):
    """The second step. Whoever fails it has passed the first: the person should know."""

    def clean_code(self) -> str:
        try:
            code: str = super().clean_code()
        except ValidationError as wrong:
            if wrong.code == "incorrect_code" and context.request is not None:
                failed = sign_ins.SignIn.Outcome.STEP_FAILED
                sign_ins.note(self.user, failed, request=context.request, at=timezone.now())
            raise
        return code


class SecondFactorAdapter(DefaultMFAAdapter):
    """Second-factor secrets are encrypted at rest, and required of staff."""

    def encrypt(self, text: str) -> str:
        return sealing.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return sealing.unseal(encrypted_text)

    def can_delete_authenticator(self, authenticator: Any) -> bool:
        """Staff keep one; who had to use a recovery code takes the lost one away, for a new one."""
        user: User = authenticator.user
        others = (
            Authenticator.objects.filter(user=user)
            .exclude(pk=authenticator.pk)
            .exclude(type=Authenticator.Type.RECOVERY_CODES)
        )
        return not user.is_staff or others.exists() or _lost_it(context.request, user)


def _lost_it(request: HttpRequest | None, user: User) -> bool:
    """Whether this session was opened by a recovery code."""
    shown = get_authentication_records(request, user) if request else []
    return any(one.get("type") == Authenticator.Type.RECOVERY_CODES for one in shown)
