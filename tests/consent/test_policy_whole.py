"""That the table of the policy leaves nothing of it unasked."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_line_and_branch_of_the_policy_is_in_the_table() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.consent.policy_run"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.stdout, ran.stderr, ran.returncode) == ("", "", 0)
