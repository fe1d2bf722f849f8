#!/usr/bin/env python
"""The portal's command line."""

import os
import sys
from pathlib import Path


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "prime_portal.settings")
    if sys.argv[1:2] == ["demo"]:
        # The demo starts the very servers the settings ask for; until then these stand in.
        from prime_portal.devstack.surroundings import given_servers, stand_in

        os.environ.update(stand_in(Path(".dev")) | given_servers(os.environ))
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
