"""`hilum keys rotate`: a new data key in the place of the old one, while Hilum runs."""

import argparse
import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from api.commands.parsing import Commands, add_command
from api.settings import Settings


def add(commands: Commands) -> None:
    parser = add_command(commands, "keys", rotate, "rotate the keys of what is sealed in the database")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    turn = actions.add_parser(
        "rotate",
        help="seal everything anew under a new data key",
        description="Make a new data key, seal every sealed value anew under it, and delete the old key. Hilum may "
        "run all the while. Broken off, the same command goes on where it was.",
    )
    turn.add_argument(
        "--master",
        action="store_true",
        help="make a new master key first, as the first line of keys/master.key; the older ones stay, since stored "
        "objects need them",
    )


def rotate(settings: Settings, chosen: argparse.Namespace) -> int:
    import psycopg

    from api.backends import database_address, new_master_key, open_data_keys
    from api.keys.opening import KeysUnusable
    from api.keys.rotation import Rotation, RotationRefused
    from api.persistence.logins import Login

    try:
        with _database(settings) as (url, spread):
            address = database_address(settings, url, Login.WORKER)
            rotation = Rotation(address, open_data_keys(settings), spread, say=lambda text: print(text, flush=True))
            asyncio.run(rotation.run(partial(new_master_key, settings) if chosen.master else None))
    except (RotationRefused, KeysUnusable, OSError) as error:
        print(f"hilum: {error}", file=sys.stderr)
        return 1
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()
        print(f"hilum: the database does not answer: {reason[0] if reason else 'no reason given'}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("hilum: Interrupted. Run the same command again, and it goes on from there.", file=sys.stderr)
        raise
    return 0


@contextmanager
def _database(settings: Settings) -> Iterator[tuple[str, float]]:
    """Its address, and how long a new key waits for the processes that use it: not at all where there are none."""
    from api.persistence.embedded_server import address_of
    from api.server import AlreadyRunning, data_folder, database

    named = settings.database_url or settings.database_worker_url
    if named is not None:
        yield named, settings.key_spread_seconds
        return
    try:
        with data_folder(settings), database(settings) as url:
            yield url, 0.0
    except AlreadyRunning:
        yield address_of(settings.data), settings.key_spread_seconds
