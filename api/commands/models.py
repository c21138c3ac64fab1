"""`hilum models`: which models and versions there are, and which of them new analyses take."""

import argparse
from typing import TYPE_CHECKING

from api.commands.houses import with_house
from api.commands.parsing import Commands, add_command
from api.settings import Settings

if TYPE_CHECKING:
    from api.unit_of_work import House

WIDTH = 120


def add(commands: Commands) -> None:
    add_command(
        commands,
        "models",
        list_models,
        "list the models and their versions",
        "Says of each version whether it would answer now, and who takes it for new analyses. An administrator chooses "
        "with activateModel; without a choice the newest version that answers is taken.",
    )


def list_models(settings: Settings, chosen: argparse.Namespace) -> int:
    return with_house(settings, list_installed)


async def list_installed(house: "House") -> None:
    """A line each, newest version last."""
    from rich.console import Console
    from rich.table import Table

    from api.inference.active import default_model
    from api.persistence.model_activations import count_choices

    models = await house.predictor.models()
    if not models:
        print("No model is installed; see HILUM_MODELS_DIR.")
        return
    async with house.sessions() as session:
        choices = await count_choices(session)
    table = Table(box=None, pad_edge=False)
    for title in ("Model", "Version", "Answers", "New analyses", "What it is"):
        table.add_column(title, no_wrap=True, min_width=len(title))
    for model in models:
        versions = [other for other in models if other.name == model.name]
        taken = ["by default"] if await default_model(house.predictor, versions) == model else []
        if count := choices.get((model.name, model.version), 0):
            taken.append(f"chosen by {count} organization{'s' if count > 1 else ''}")
        answers = "yes" if await house.predictor.is_ready(model.name, model.version) else "no"
        table.add_row(model.name, model.version, answers, ", ".join(taken) or "-", model.title)
    Console(width=WIDTH).print(table)
