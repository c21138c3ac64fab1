"""`hilum migrate`, `hilum schema`: the database's schema and GraphQL's."""

import argparse
import sys
from pathlib import Path

from api.commands.parsing import Commands, add_command
from api.settings import Settings


def add(commands: Commands) -> None:
    add_command(
        commands,
        "migrate",
        migrate,
        "bring the database named by HILUM_DATABASE_URL to the newest schema",
        "The embedded database is migrated whenever the server starts. Rows of a version that kept patient data in the "
        "clear are sealed, for which the data folder's master key is needed.",
    )
    parser = add_command(commands, "schema", print_schema, "print the GraphQL schema")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write it to FILE instead")


def migrate(settings: Settings, chosen: argparse.Namespace) -> int:
    from api.backends import first_keys, make_logins
    from api.keys.opening import KeysUnusable
    from api.persistence.migration import migrate as upgrade

    if settings.database_url is None:
        print(
            "hilum: set HILUM_DATABASE_URL; the embedded database is migrated when the server starts.", file=sys.stderr
        )
        return 2
    try:
        migrated = upgrade(settings.database_url, lambda: first_keys(settings))
        make_logins(settings, settings.database_url)
    except (KeysUnusable, OSError) as error:
        print(f"hilum: {error}", file=sys.stderr)
        return 1
    print("migrated" if migrated else "nothing to migrate")
    return 0


def print_schema(settings: Settings, chosen: argparse.Namespace) -> int:
    from schema import export_schema

    if chosen.write:
        chosen.write.write_text(export_schema(), encoding="utf-8")
    else:
        print(export_schema())
    return 0
