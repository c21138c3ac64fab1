import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from api.errors import Unavailable
from api.inference.repository import read_repository

REPOSITORY = Path("triton_models")

CONFIG = """
backend: "onnxruntime"   # a comment
max_batch_size: 8
default_model_filename: "net.onnx"
input [ { name: "x" data_type: TYPE_UINT8 dims: [ 1, -1 ] }, { name: "age" data_type: TYPE_FP32 dims: [ 1 ] } ]
output: { name: "y" data_type: TYPE_FP32, dims: 3 }
dynamic_batching { }
"""
CARD = {"title": "Toy", "intendedUse": "Tests", "modalities": ["CT"], "bodyParts": [], "labels": ["a"], "more": 1}


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    folder = tmp_path / "toy"
    for version in ("2", "10", "training"):
        (folder / version).mkdir(parents=True)
        (folder / version / "net.onnx").write_bytes(b"")
    (folder / "11").mkdir()  # on its way: it has no network yet
    (folder / "config.pbtxt").write_text(CONFIG)
    (folder / "card.json").write_text(json.dumps(CARD))
    return tmp_path


def test_lung_nodule_is_described_by_its_folder() -> None:
    folder = read_repository(REPOSITORY)["lung_nodule"]

    described = folder.describe("1")

    assert folder.versions == ("1",)
    assert folder.file("1").is_file()
    assert [(spec.name, spec.dtype, spec.dims) for spec in folder.inputs] == [
        ("ct_hu", np.dtype(np.int16), (3, 48, 48))
    ]
    assert [spec.name for spec in folder.outputs] == ["nodule_probability", "plane_logit"]
    assert described.modalities == ("CT",)
    assert described.labels == ("nodule",)
    assert described.card["operatingPoint"]["threshold"] > 0


def test_tensors_versions_and_filename_come_from_the_config(toy: Path) -> None:
    folder = read_repository(toy)["toy"]

    assert folder.versions == ("2", "10")
    assert folder.max_batch_size == 8
    assert folder.file("10") == toy / "toy" / "10" / "net.onnx"
    assert [(spec.name, spec.dtype, spec.dims) for spec in folder.inputs] == [
        ("x", np.dtype(np.uint8), (1, -1)),
        ("age", np.dtype(np.float32), (1,)),
    ]
    assert folder.outputs[0].dims == (3,)
    assert folder.describe("2").card == CARD


def test_other_backends_have_files_of_other_names(toy: Path) -> None:
    config = CONFIG.replace("onnxruntime", "python").replace('default_model_filename: "net.onnx"', "")
    (toy / "toy" / "config.pbtxt").write_text(config)
    (toy / "toy" / "10" / "model.py").write_bytes(b"")

    folder = read_repository(toy)["toy"]

    assert folder.versions == ("10",)
    assert folder.file("10").name == "model.py"


def test_a_version_may_have_a_card_of_its_own(toy: Path) -> None:
    (toy / "toy" / "10" / "card.json").write_text(json.dumps({**CARD, "title": "Toy, trained anew"}))

    folder = read_repository(toy)["toy"]

    assert [folder.describe(version).title for version in folder.versions] == ["Toy", "Toy, trained anew"]


def test_a_repository_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="models is missing"):
        read_repository(tmp_path / "models")


@pytest.mark.parametrize(
    ("file", "text"),
    [("config.pbtxt", "input [ {"), ("config.pbtxt", "nonsense: 3"), ("card.json", "{"), ("card.json", None)],
)
def test_a_folder_that_cannot_be_read_is_named(toy: Path, file: str, text: str | None) -> None:
    if text is None:
        (toy / "toy" / file).unlink()
    else:
        (toy / "toy" / file).write_text(text)

    with pytest.raises(Unavailable, match="The model toy cannot be read"):
        read_repository(toy)


def test_folders_without_a_config_are_no_models(toy: Path) -> None:
    shutil.rmtree(toy / "toy" / "2")
    (toy / "notes").mkdir()

    assert set(read_repository(toy)) == {"toy"}
