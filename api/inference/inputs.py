"""Whether tensors are what a model takes, before anybody is asked."""

from api.errors import Invalid
from api.inference.predictor import Tensors, TensorSpec
from api.inference.repository import ModelFolder


def check_inputs(folder: ModelFolder, inputs: Tensors) -> int:
    """Rows of the batch; raises Invalid, saying what the model takes."""
    if set(inputs) != {spec.name for spec in folder.inputs}:
        wanted = ", ".join(spec.name for spec in folder.inputs)
        message = f"The model {folder.name} takes {wanted}, not {', '.join(sorted(inputs)) or 'nothing'}."
        raise Invalid(message, ["inputs"])
    batched = folder.max_batch_size > 0
    rows = {len(inputs[spec.name]) if batched and inputs[spec.name].ndim else 1 for spec in folder.inputs}
    for spec in folder.inputs:
        given = inputs[spec.name]
        shape = given.shape[1:] if batched else given.shape
        if given.dtype != spec.dtype or not _fits(shape, spec) or (batched and given.ndim == 0):
            message = (
                f"The input {spec.name} of {folder.name} is {spec.dtype} of shape {_shape(spec, batched)}, "
                f"not {given.dtype} of shape {given.shape}."
            )
            raise Invalid(message, ["inputs", spec.name])
    if len(rows) != 1:
        message = f"The inputs of {folder.name} differ in length: {sorted(rows)}."
        raise Invalid(message, ["inputs"])
    return rows.pop()


def _fits(shape: tuple[int, ...], spec: TensorSpec) -> bool:
    return len(shape) == len(spec.dims) and all(
        wanted in (-1, has) for wanted, has in zip(spec.dims, shape, strict=True)
    )


def _shape(spec: TensorSpec, batched: bool) -> str:
    lengths = [*(["batch"] if batched else []), *("any" if length < 0 else str(length) for length in spec.dims)]
    return f"({', '.join(lengths)})"
