"""Logs name nobody."""

import logging

from prime_portal.logs import Discreet


def test_an_error_is_logged_by_its_kind_and_place_never_in_its_words() -> None:
    words = f"Key (email)=({'asor'[::-1]}@example.org) exists"
    try:
        raise ValueError(words)
    except ValueError as error:
        record = logging.LogRecord(
            "django.request",
            logging.ERROR,
            __file__,
            1,
            "Internal Server Error: %s",
            ("/en/my/",),
            (type(error), error, error.__traceback__),
        )
    written = Discreet("{message}", style="{").format(record)
    assert "rosa" not in written
    assert "ValueError" in written
    assert "test_logs.py" in written
