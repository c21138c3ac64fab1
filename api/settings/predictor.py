"""Where models are asked, and how long an analysis waits for them."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings

IN_THE_CLEAR, ENCRYPTED = "grpc://", "grpcs://"


class PredictorSettings(BaseSettings):
    """A part of `Settings`."""

    predictor: Literal["embedded", "triton"] = Field(
        "embedded", description="What answers for models: ONNX Runtime in the worker, or a Triton server."
    )
    triton_url: str | None = Field(
        None,
        pattern=r"^grpcs?://(\[[0-9a-fA-F:.]+\]|[\w.-]+):\d{1,5}$",
        description="gRPC address of Triton, `grpcs://HOST:PORT`, or `grpc://` in the clear; "
        "needed with HILUM_PREDICTOR=triton.",
    )
    triton_ca: Path | None = Field(
        None, description="Authority of Triton's certificate, PEM; without it the ones that gRPC brings."
    )
    triton_cert: Path | None = Field(
        None, description="Certificate chain to show to Triton, PEM; with HILUM_TRITON_KEY."
    )
    triton_key: Path | None = Field(None, description="Private key of HILUM_TRITON_CERT, PEM, without a pass phrase.")
    triton_ready_seconds: float = Field(
        2.0, gt=0, description="Longest answer of Triton to whether it is ready, seconds."
    )
    triton_retries: int = Field(3, ge=0, le=20, description="How often a call that Triton did not take is made again.")
    triton_retry_seconds: float = Field(
        0.1, gt=0, description="Longest pause before the first retry, seconds; doubles each time, its length is random."
    )
    triton_breaker_failures: int = Field(
        5, ge=1, description="After so many failed calls in a row Triton is left alone for a while."
    )
    triton_breaker_seconds: float = Field(
        5.0, gt=0, description="It is left alone for so long, seconds; then one call tries."
    )
    triton_calls: int = Field(8, ge=1, le=1024, description="Calls to Triton at once from one process.")
    triton_waiting_calls: int = Field(
        64, ge=0, description="Calls to Triton that may wait for their turn; analyses of those beyond wait."
    )
    predictor_hold_seconds: float = Field(
        60.0,
        ge=0,
        description="An analysis keeps what it has done for so long while Triton is away, seconds; "
        "then it makes room for other jobs and begins again later.",
    )
    predictor_pause_seconds: int = Field(
        10, ge=1, description="Pause before an analysis that made room looks for Triton again, seconds."
    )
    predictor_wait_hours: float = Field(
        24.0, gt=0, description="An analysis waits for Triton for so long after it was asked for, hours; then FAILED."
    )

    @model_validator(mode="after")
    def _can_reach_triton(self) -> Self:
        files = (self.triton_ca, self.triton_cert, self.triton_key)
        if self.predictor == "triton" and self.triton_url is None:
            raise ValueError("HILUM_PREDICTOR=triton needs HILUM_TRITON_URL, such as grpcs://triton.example:8001.")
        if (self.triton_cert is None) != (self.triton_key is None):
            raise ValueError("HILUM_TRITON_CERT and HILUM_TRITON_KEY go together: set both, or neither.")
        if any(files) and not (self.triton_url or "").startswith(ENCRYPTED):
            raise ValueError("HILUM_TRITON_CA, _CERT and _KEY need a HILUM_TRITON_URL that begins with grpcs://.")
        return self

    @property
    def triton_address(self) -> str:
        """Host and port. Raises: ValueError where none is set."""
        if self.triton_url is None:
            raise ValueError("HILUM_TRITON_URL is not set.")
        return self.triton_url.removeprefix(ENCRYPTED).removeprefix(IN_THE_CLEAR)

    @property
    def triton_is_encrypted(self) -> bool:
        return (self.triton_url or "").startswith(ENCRYPTED)
