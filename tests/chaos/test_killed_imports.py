"""An import that dies half-way leaves all of its file or none of it, whatever its format."""

import pytest

from tests.usage import test_killed_import
from tests.usage.test_killed_import import bills, cmep, green_button


@pytest.mark.parametrize(
    ("write", "wait"),
    [(green_button, 0.0), (green_button, 0.4), (cmep, 0.0), (cmep, 0.2), (bills, 0.0)],
)
def test_a_killed_import_leaves_nothing_or_everything(committed_db, tmp_path, write, wait):
    test_killed_import.killed(tmp_path, write=write, wait=wait)
