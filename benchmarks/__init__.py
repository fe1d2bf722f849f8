"""How fast the portal is, as ratios against named alternatives measured in the same run.

`make bench` (or `python -m benchmarks [job …]`, SMALL=1 for continuous integration) starts a
PostgreSQL of its own, fills it with made-up readings, lets the portal's own code and its
alternatives take turns, and prints a table. docs/benchmarks.md says what each alternative is
and what was measured.
"""

JOBS = (
    "cmep",
    "load",
    "size",
    "fetch",
    "green_button",
    "csv",
    "aggregates",
    "pages",
    "letters",
    "mail",
    "planning",
    "record",
    "verify",
)
"""One module of benchmarks.jobs each, in the order they run."""
