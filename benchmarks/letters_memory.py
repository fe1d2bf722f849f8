"""`python -m benchmarks.letters_memory`: the most memory after one print batch, and after 11."""

from __future__ import annotations

from importlib import import_module

import django

from benchmarks.memory import peak

BATCHES = 10


def main() -> None:
    django.setup()
    models = import_module("notices.models")
    job = import_module("benchmarks.jobs.letters")
    rows = list(
        models.Delivery.objects.filter(kind="annual", medium="letter", claim=None)
        .select_related("customer", "notice", "policy", "claim")
        .order_by("pk")[:1000]
    )
    job.batch(rows)
    first = peak()
    for _ in range(BATCHES):
        job.batch(rows)
    print(first, peak())


if __name__ == "__main__":
    main()
