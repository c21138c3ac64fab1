"""How a command is added to the parser."""

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

from api.settings import Settings

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # argparse gives it no public name
else:
    Commands = object

Run = Callable[[Settings, argparse.Namespace], int]


def add_command(
    commands: Commands, name: str, run: Run, summary: str, description: str = ""
) -> argparse.ArgumentParser:
    """summary: the line in `hilum --help`. description: what `hilum NAME --help` says besides."""
    said = f"{summary[0].upper()}{summary[1:]}."
    parser = commands.add_parser(name, help=summary, description=f"{said} {description}".strip())
    parser.set_defaults(run=run)
    return parser
