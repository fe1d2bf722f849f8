"""Stopping a third party from the command line, for the one on call."""

import pytest
from django.core.management import CommandError, call_command

from consent.models import Stop
from tests import builders

pytestmark = pytest.mark.django_db


def run(key: str, by: str, *more: str) -> None:
    command = ("stop_third_party", key, "--by", by, "--reason", "test", "--sign-off", "memo 1")
    call_command(*command, *more)


def test_one_stops_and_another_lifts() -> None:
    party = builders.third_party()
    alma, bruno = builders.alma(), builders.bruno()
    run(party.key, alma.email)
    assert Stop.objects.in_force().against(party).count() == 1
    with pytest.raises(CommandError, match=r"6\.8"):
        run(party.key, alma.email, "--lift")
    run(party.key, bruno.email, "--lift")
    assert not Stop.objects.in_force().exists()


@pytest.mark.parametrize(
    ("key", "by"), [("nobody", "alma@prime.example"), ("solar-sample", "x@y.z")]
)
def test_an_unknown_third_party_or_person_is_named(key: str, by: str) -> None:
    builders.third_party()
    with pytest.raises(CommandError, match=r"nobody|x@y\.z"):
        run(key, by)
