"""The recipe from crops to a graph, on synthetic data and for a few steps; skipped where there is no torch or onnx."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

torch: Any = pytest.importorskip("torch")
pytest.importorskip("onnx")
train: Any = pytest.importorskip("triton_models.lung_nodule.training.train")
evaluate: Any = pytest.importorskip("triton_models.lung_nodule.training.evaluate")
export: Any = pytest.importorskip("triton_models.lung_nodule.training.export")
tune: Any = pytest.importorskip("triton_models.lung_nodule.training.tune")


def balls(count: int, side: int, depth: int = 1) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """HU and masks of balls of 8 to 14 pixels in lung: (ball, depth, side, side)."""
    random = np.random.default_rng(1)
    axes = np.arange(depth) - depth // 2, *[np.arange(side) - side // 2] * 2
    away = np.sqrt(sum(axis.astype(float) ** 2 for axis in np.meshgrid(*axes, indexing="ij")))
    mask = away[None] <= random.uniform(4, 7, (count, 1, 1, 1))
    return (np.where(mask, 40.0, -850.0) + random.normal(0, 30, mask.shape)).astype(np.float32), mask


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two hundred crops, every fourth of a ball; two cubes far apart."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "luna16-patches-2d").mkdir()
    (folder / "lidc-nodules-3d").mkdir()
    hu, _ = balls(200, 50)
    is_nodule = np.arange(200) % 4 == 0
    hu[~is_nodule] = -850
    scaled = np.clip((hu[:, 0] + 1000) / 1400 * 255, 0, 255).astype(np.uint8)
    np.savez(
        folder / "luna16-patches-2d" / "patches.npz",
        image=scaled,
        is_nodule=is_nodule,
        candidate_row=np.arange(200) * 2_755,
        near_development_scan=np.zeros(200, bool),
    )
    cubes, masks = balls(2, 51, 51)
    np.savez(
        folder / "lidc-nodules-3d" / "nodules.npz",
        image_u16=np.rint((cubes + 1200) / 1600 * 65535).astype(np.uint16),
        mask=masks.astype(np.uint8),
        patient=np.array(["LIDC-IDRI-0003", "LIDC-IDRI-0004"]),
    )
    (folder / "lidc-nodules-3d" / "ratings.csv").write_text("texture\n5\n1\n")
    return folder


def run(module: Any, arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["any", *arguments])
    module.main()


# The tracing exporter, which is kept for the opset that Triton reads, announces its successor.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_fold_is_trained_tuned_scored_and_exported(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base, tuned, folds = tmp_path / "base", tmp_path / "tuned", tmp_path / "folds"
    np.savez(tmp_path / "hard.npz", image=np.zeros((4, 50, 50), np.uint8), scan=np.array(["a", "a", "b", "b"]))
    (tmp_path / "calibration.json").write_text(json.dumps({"slope": 1.0, "offset": -2.0}))

    run(train, ["--data", str(data), "--out", str(base), "--folds", "4", "--steps", "3"], monkeypatch)
    common = ["--data", str(data), "--weights", str(base)]
    hard = ["--hard-negatives", str(tmp_path / "hard.npz"), "--out", str(tuned), "--steps", "2"]
    run(tune, [*common, *hard], monkeypatch)
    run(evaluate, [*common, "--out", str(folds)], monkeypatch)
    weights = ["--weights", str(tuned / "all" / "fold-4.pt"), str(base / "fold-4.pt")]
    graph = ["--calibration", str(tmp_path / "calibration.json"), "--out", str(tmp_path / "1" / "model.onnx")]
    run(export, [*weights, *graph], monkeypatch)

    assert sorted(path.parent.name for path in tuned.rglob("fold-4.pt")) == ["a", "all", "b"]
    assert json.loads((folds / "folds.json").read_text())["folds"][0]["crops"] == 40
    assert (tmp_path / "1" / "model.onnx").stat().st_size > 10_000


def test_a_source_of_look_alikes_alone_gives_nothing_else() -> None:
    source = train.Source(np.zeros((5, 50, 50), np.uint8), np.zeros(5, bool), 4)

    chosen = next(train.draw(source, 0.35, np.random.default_rng(1)))

    assert len(set(chosen.tolist())) == 4
