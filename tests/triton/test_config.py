"""What the models' config.pbtxt promise a Triton with a GPU, as far as it can be read; no server runs."""

from pathlib import Path

import pytest
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

CONFIGS = sorted(Path("triton_models").glob("*/config.pbtxt"))


@pytest.fixture(params=CONFIGS, ids=lambda path: path.parent.name)
def text(request: pytest.FixtureRequest) -> str:
    return str(request.param.read_text("utf-8"))


@pytest.fixture
def config(text: str) -> model_config_pb2.ModelConfig:
    return text_format.Parse(text, model_config_pb2.ModelConfig())


def test_there_are_models() -> None:
    assert CONFIGS


def test_no_model_is_bound_to_the_processor(config: model_config_pb2.ModelConfig) -> None:
    kinds = {group.KIND_CPU for group in config.instance_group}

    assert config.instance_group
    assert not kinds & {group.kind for group in config.instance_group}
    assert not any(group.gpus for group in config.instance_group)


def test_requests_of_several_analyses_are_joined(config: model_config_pb2.ModelConfig) -> None:
    assert config.max_batch_size > 1
    assert max(config.dynamic_batching.preferred_batch_size) == config.max_batch_size
    assert 0 < config.dynamic_batching.max_queue_delay_microseconds <= 5000


def test_voxels_travel_as_whole_numbers_for_the_graph_normalizes(config: model_config_pb2.ModelConfig) -> None:
    assert {tensor.data_type for tensor in config.input} == {model_config_pb2.TYPE_INT16}


def test_every_version_in_the_folder_is_served(config: model_config_pb2.ModelConfig) -> None:
    assert config.version_policy.HasField("all")


def test_a_model_has_answered_before_it_is_ready(config: model_config_pb2.ModelConfig) -> None:
    sizes = {warmup.batch_size for warmup in config.model_warmup}

    assert {1, config.max_batch_size} <= sizes
    for warmup in config.model_warmup:
        for tensor in config.input:
            given = warmup.inputs[tensor.name]
            assert (given.data_type, list(given.dims)) == (tensor.data_type, list(tensor.dims))


def test_inputs_and_outputs_are_explained_beside_their_names(text: str) -> None:
    lines = [line.strip() for line in text.splitlines()]
    names = [number for number, line in enumerate(lines) if line.startswith("name:")]
    tensors = [number for number in names if number + 1 < len(lines) and lines[number + 1].startswith("data_type:")]

    assert tensors
    assert all(lines[number - 1].startswith("#") for number in tensors)
