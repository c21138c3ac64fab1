"""The training's symmetric layers; skipped where there is no torch, whose work the committed graph then vouches for."""

from typing import Any

import pytest

torch: Any = pytest.importorskip("torch")
network: Any = pytest.importorskip("triton_models.lung_nodule.training.network")
symmetries: Any = pytest.importorskip("triton_models.lung_nodule.training.symmetries")


def encoder() -> Any:
    torch.manual_seed(1)
    made = network.PlaneEncoder(features=(1, 2, 3)).eval()
    for layer in made.modules():
        if isinstance(layer, symmetries.SymmetricNorm):
            layer.mean.normal_(0, 0.1)
            layer.variance.uniform_(0.5, 2)
    return made


def test_a_position_sends_every_input_channel_to_another_one() -> None:
    assert symmetries.sources(0) == list(range(symmetries.POSITIONS))
    assert all(
        sorted(symmetries.sources(position)) == list(range(symmetries.POSITIONS))
        for position in range(symmetries.POSITIONS)
    )
    assert symmetries.sources(1) != symmetries.sources(3)


def test_turned_and_mirrored_planes_get_the_same_logit() -> None:
    planes = torch.randn(3, 48, 48) * 300 - 500

    with torch.inference_mode():
        plain, turned, mirrored = (encoder()(each) for each in (planes, torch.rot90(planes, 1, (1, 2)), planes.flip(2)))

    torch.testing.assert_close(turned, plain, atol=1e-5, rtol=0)
    torch.testing.assert_close(mirrored, plain, atol=1e-5, rtol=0)
    assert plain.std() > 1e-3


def test_ordinary_layers_answer_as_the_symmetric_ones_do() -> None:
    planes = torch.randn(3, 48, 48) * 300 - 500

    with torch.inference_mode():
        expected = encoder()(planes)
        found = symmetries.make_plain(encoder())(planes)

    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)
