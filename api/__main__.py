"""The command line: `hilum COMMAND`; `hilum --help` lists them."""

import argparse
import sys

from pydantic import ValidationError

from api.commands import analysis, audit, deidentification, keys, models, organizations, phantom, schemas, serving
from api.settings import Settings
from api.telemetry import set_up

INTERRUPTED = 130  # 128 and SIGINT, as shells have it


def main(arguments: list[str] | None = None) -> int:
    chosen = parser().parse_args(arguments)
    try:
        settings = Settings()
    except ValidationError as error:
        for fault in error.errors():
            sentence = fault["msg"].removeprefix("Value error, ")
            name = f"HILUM_{str(fault['loc'][0]).upper()}: " if fault["loc"] else ""  # some are about several settings
            print(f"hilum: {name}{sentence}", file=sys.stderr)
        return 2
    set_up(settings)
    try:
        code: int = chosen.run(settings, chosen)
        return code
    except KeyboardInterrupt:
        return INTERRUPTED


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="hilum",
        description="Reads chest CT together, from a phone, with a machine's second look. "
        "Research software, not a medical device.",
        epilog="Settings are read from the environment (HILUM_PORT, HILUM_DATA_DIR, …); docs/using.md lists them all.",
    )
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for noun in (serving, organizations, analysis, deidentification, phantom, schemas, audit, keys, models):
        noun.add(commands)
    return made


if __name__ == "__main__":
    sys.exit(main())
