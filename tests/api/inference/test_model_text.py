"""The text of a config.pbtxt, read as Triton's own classes read it."""

from pathlib import Path
from typing import Any

import pytest
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from api.inference.model_text import Message, parse

CONFIGS = [*sorted(Path("triton_models").glob("*/config.pbtxt")), *Path("tests/triton/models").glob("*/config.pbtxt")]
MIXED = """
# of everything something
name: 'a "name"' ; max_batch_size: 8, default_model_filename: "x\\ty.onnx"
input: { name: "one" data_type: TYPE_INT16 dims: 3 dims: -1 }
input [ { name: "two", data_type: TYPE_FP32, dims: [ 4, ] }, { name: "three" data_type: TYPE_BOOL dims: [] } ]
dynamic_batching { }
"""


def facts(tensors: Any) -> list[tuple[str, str, list[int]]]:
    return [(t.name, model_config_pb2.DataType.Name(t.data_type), list(t.dims)) for t in tensors]


def read(tensors: list[Message]) -> list[tuple[str, str, list[int]]]:
    return [(t.last("name", ""), t.last("data_type", ""), t.all("dims")) for t in tensors]


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.parent.name)
def test_our_models_are_read_as_triton_reads_them(path: Path) -> None:
    expected = text_format.Parse(path.read_text("utf-8"), model_config_pb2.ModelConfig())

    config = parse(path.read_text("utf-8"))

    assert (config.last("name", ""), config.last("max_batch_size", 0)) == (expected.name, expected.max_batch_size)
    assert read(config.all("input")) == facts(expected.input)
    assert read(config.all("output")) == facts(expected.output)
    assert len(config.all("model_warmup")) == len(expected.model_warmup)


def test_every_way_to_write_a_field_is_read() -> None:
    config = parse(MIXED)

    assert config.last("name", "") == 'a "name"'
    assert config.last("max_batch_size", 0) == 8
    assert config.last("default_model_filename", "") == "x\ty.onnx"
    assert read(config.all("input")) == [
        ("one", "TYPE_INT16", [3, -1]),
        ("two", "TYPE_FP32", [4]),
        ("three", "TYPE_BOOL", []),
    ]
    assert config.last("dynamic_batching", None) == Message()
    assert config.last("backend", "none") == "none"


@pytest.mark.parametrize("text", ["name 3", "name: ", "a {", "a { } }", 'name: "x', "dims: [ 1 2 ]", "?", ": 3"])
def test_what_is_no_such_text_is_refused_with_the_line(text: str) -> None:
    with pytest.raises(ValueError, match="line 2"):
        parse(f"# first\n{text}")
