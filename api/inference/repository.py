"""Reads a Triton model repository: of each model config.pbtxt, card.json, series.json and `<version>/model.onnx`.

A version may have a card of its own, `<version>/card.json`; those without share the model's.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from api.errors import Unavailable
from api.inference.model_text import Message, parse
from api.inference.predictor import ModelDescription, TensorSpec
from api.inference.series_choice import SeriesRules

_DTYPES = {
    "TYPE_BOOL": np.bool_,
    "TYPE_UINT8": np.uint8,
    "TYPE_UINT16": np.uint16,
    "TYPE_INT8": np.int8,
    "TYPE_INT16": np.int16,
    "TYPE_INT32": np.int32,
    "TYPE_INT64": np.int64,
    "TYPE_FP16": np.float16,
    "TYPE_FP32": np.float32,
    "TYPE_FP64": np.float64,
}

# What Triton's backends look for in a version's folder where the config says nothing else.
FILENAMES = {
    "onnxruntime": "model.onnx",
    "openvino": "model.xml",
    "python": "model.py",
    "pytorch": "model.pt",
    "tensorrt": "model.plan",
}


@dataclass(frozen=True)
class ModelFolder:
    """A model as config.pbtxt states it. versions: numbers as text, lowest first; max_batch_size 0: no batch axis."""

    name: str
    path: Path
    max_batch_size: int
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    versions: tuple[str, ...]
    filename: str
    cards: Mapping[str, dict[str, Any]]
    series: SeriesRules

    def file(self, version: str) -> Path:
        """The network of a version."""
        return self.path / version / self.filename

    def describe(self, version: str) -> ModelDescription:
        """What the product tells of a version."""
        card = self.cards[version]
        return ModelDescription(
            name=self.name,
            version=version,
            title=str(card["title"]),
            intended_use=str(card["intendedUse"]),
            modalities=tuple(card["modalities"]),
            body_parts=tuple(card["bodyParts"]),
            labels=tuple(card["labels"]),
            card=card,
            series=self.series,
        )


def read_repository(path: Path) -> dict[str, ModelFolder]:
    """Every model of the repository by name.

    Raises: Unavailable, naming the folder, when one is not complete or not readable.
    """
    if not path.is_dir():
        message = f"The model repository {path.name} is missing."
        raise Unavailable(message)
    folders = (config.parent for config in sorted(path.glob("*/config.pbtxt")))
    return {folder.name: read_model_folder(folder) for folder in folders}


def get_folder(folders: Mapping[str, ModelFolder], name: str, version: str) -> ModelFolder:
    """Raises Unavailable, naming what is missing, where that version of that model is not in the repository."""
    folder = folders.get(name)
    if folder is None:
        message = f"There is no model {name}."
        raise Unavailable(message)
    if version not in folder.versions:
        message = f"The model {name} has no version {version}."
        raise Unavailable(message)
    return folder


def read_model_folder(path: Path) -> ModelFolder:
    """One model's folder; raises Unavailable when its config or card cannot be read."""
    try:
        config = parse((path / "config.pbtxt").read_text("utf-8"))
        card = json.loads((path / "card.json").read_text("utf-8"))
        usual = FILENAMES.get(str(config.last("backend", "")), "model.onnx")
        filename = str(config.last("default_model_filename", usual))
        versions = _versions(path, filename)
        return ModelFolder(
            name=str(config.last("name", path.name)),
            path=path,
            max_batch_size=int(config.last("max_batch_size", 0)),
            inputs=_specs(config.all("input")),
            outputs=_specs(config.all("output")),
            versions=versions,
            filename=filename,
            cards={version: _card(path / version, card) for version in versions},
            series=SeriesRules.of(card["modalities"], _series_rules(path)),
        )
    except (OSError, TypeError, ValueError, KeyError) as error:
        message = f"The model {path.name} cannot be read: {error}"
        raise Unavailable(message) from error


def _versions(path: Path, filename: str) -> tuple[str, ...]:
    """Those that have their network, lowest first."""
    networks = path.glob(f"*/{filename}")
    return tuple(sorted((file.parent.name for file in networks if file.parent.name.isdigit()), key=int))


def _card(folder: Path, shared: dict[str, Any]) -> dict[str, Any]:
    file = folder / "card.json"
    own: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.exists() else shared
    return own


def _series_rules(path: Path) -> list[dict[str, Any]]:
    """Without the file every series of the model's modalities is as good as another."""
    file = path / "series.json"
    rules: list[dict[str, Any]] = json.loads(file.read_text("utf-8"))["rules"] if file.exists() else []
    return rules


def _specs(tensors: Iterable[Message]) -> tuple[TensorSpec, ...]:
    """Raises: ValueError where there is none: a misspelt field would go unnoticed otherwise."""
    specs = tuple(
        TensorSpec(
            str(tensor.last("name", "")),
            np.dtype(_DTYPES[tensor.last("data_type", "")]),
            tuple(int(length) for length in tensor.all("dims")),
        )
        for tensor in tensors
    )
    if not specs:
        raise ValueError("its config names no input or no output")
    return specs
