"""manage.py make_staff: let somebody of PRIME's staff in, in one or more roles."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from allauth.account.models import EmailAddress
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from prime_portal import role_changes
from prime_portal.models import User
from prime_portal.roles import Role


class Command(BaseCommand):
    help = "Make a sign-in for somebody of the staff; they choose the password themselves."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", required=True)
        roles = [role.value for role in Role]
        parser.add_argument("--role", action="append", required=True, choices=roles)

    @transaction.atomic
    def handle(self, *_args: Any, email: str, name: str, role: list[str], **_more: Any) -> None:
        if User.objects.filter(email__iexact=email).exists():
            raise CommandError("This address signs in somebody already: change the role there.")
        user = User.objects.create_user(email, name=name, is_staff=True)
        role_changes.give(user, role, by=None, at=timezone.now())
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        self.stdout.write(
            f"{user.email} is {' and '.join(role)}. Now: “Forgot your password?” at the sign-in, "
            "then a passkey or an authenticator app. The staff pages open with it."
        )
