"""Every setting of Hilum: typed, documented, with its default. Each is read from `HILUM_<NAME>`."""

from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

MIB = 1 << 20
GIB = 1 << 30
PROJECT = Path(__file__).parents[1]


class Settings(BaseSettings):
    """Frozen; made once at the edge of a process and handed down. `docs/using.md` lists them all."""

    model_config = SettingsConfigDict(env_prefix="HILUM_", frozen=True, extra="ignore")

    # where
    host: str = Field("127.0.0.1", description="Address the server listens on.")
    port: int = Field(8000, ge=1, le=65535, description="Port the server listens on.")
    public_url: str | None = Field(
        None,
        validate_default=True,
        description="Address that browsers use, when it is not http://HOST:PORT; signed addresses begin with it.",
    )
    data_dir: Path = Field(Path("~/.local/share/hilum"), description="Folder of database, keys and files.")
    database_url: str | None = Field(
        None,
        description="PostgreSQL to use (postgresql://…); without it the embedded one is started in the data folder.",
    )
    models_dir: Path = Field(Path("triton_models"), description="Triton model repository, from the project's folder.")
    pwa_dir: Path = Field(
        Path("pwa/dist"), description="Built PWA that the server offers at /, from the project's folder."
    )
    workers: int = Field(1, ge=0, le=16, description="Worker processes that `hilum serve` starts beside itself.")
    fsync: bool = Field(
        False,
        description="Force each stored file to the disk: outlives a power cut, not only a killed process; slower.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least severe log line shown.")

    # database
    database_app_url: str | None = Field(
        None,
        description="PostgreSQL as the API logs in, a member of hilum_api; without it Hilum makes such a role.",
    )
    database_worker_url: str | None = Field(
        None,
        description="PostgreSQL as workers log in, a member of hilum_worker; without it Hilum makes such a role.",
    )
    database_pool: int = Field(10, ge=2, le=200, description="Connections a process keeps to PostgreSQL.")
    database_timeout: float = Field(10.0, gt=0, description="Seconds to wait for a connection, and for one statement.")

    # sign-in
    access_token_seconds: int = Field(600, ge=30, le=3600, description="Life of an access token, seconds.")
    session_idle_seconds: int = Field(1800, ge=60, description="A session unused for so long has ended, seconds.")
    session_absolute_seconds: int = Field(
        43_200, ge=60, description="A session ends after so long at the latest, seconds."
    )
    refresh_grace_seconds: int = Field(
        30,
        ge=0,
        description="An answer to `refreshSession` that was lost may be asked for again for so long, seconds; "
        "after that the old cookie counts as stolen.",
    )
    sign_in_attempts: int = Field(
        10, ge=1, description="Failed sign-ins for one e-mail address within the window, then RATE_LIMITED."
    )
    sign_in_attempts_per_client: int = Field(
        50, ge=1, description="Failed sign-ins from one network address within the window, then RATE_LIMITED."
    )
    sign_in_window_seconds: int = Field(300, ge=1, description="Window in which failed sign-ins are counted, seconds.")

    # GraphQL
    query_depth: int = Field(15, ge=1, description="Deepest selection of a GraphQL document.")
    query_tokens: int = Field(4000, ge=10, description="Most tokens of a GraphQL document.")
    query_aliases: int = Field(30, ge=0, description="Most aliases in a GraphQL document.")
    query_seconds: float = Field(20.0, gt=0, description="Longest run of a query or mutation, seconds.")
    request_body_bytes: int = Field(4 * MIB, ge=1024, description="Largest GraphQL request body, bytes.")
    subscriptions_per_connection: int = Field(20, ge=1, description="Open subscriptions on one WebSocket.")
    subscription_heartbeat_seconds: float = Field(
        15.0, gt=0, description="Pause after which an idle SSE stream says so."
    )
    subscription_queue: int = Field(256, ge=1, description="Events read at one go for one subscriber.")
    introspection: bool = Field(False, description="Answer introspection of the schema to those not signed in.")
    event_days: int = Field(30, ge=1, description="Days that events are kept for replay.")

    # uploads
    upload_bytes: int = Field(4 * GIB, ge=1, description="Largest upload in all, bytes.")
    upload_files: int = Field(5000, ge=1, description="Most files of one upload.")
    upload_file_bytes: int = Field(2 * GIB, ge=1, description="Largest file of an upload, bytes.")
    upload_hours: float = Field(24.0, gt=0, description="Hours until an unfinished upload expires.")
    open_uploads: int = Field(20, ge=1, description="Unfinished uploads that one person may have.")
    part_url_seconds: int = Field(3600, ge=10, description="Life of a part's signed address, seconds.")
    part_idle_seconds: float = Field(
        60.0, gt=0, description="A client that sends nothing of a part for so long is given up, seconds."
    )
    concurrent_parts: int = Field(64, ge=1, description="Parts received at once; those beyond wait unread.")
    frame_url_seconds: int = Field(1800, ge=10, description="Life of a frame's signed address, seconds.")

    # archives and instances
    archive_files: int = Field(20_000, ge=1, description="Most files in one archive.")
    archive_bytes: int = Field(16 * GIB, ge=1, description="Most bytes that one archive unpacks to.")
    archive_ratio: int = Field(200, ge=2, description="Highest ratio of unpacked to packed bytes.")
    archive_depth: int = Field(2, ge=0, description="Archives within archives: how deep.")
    instance_frames: int = Field(10_000, ge=1, description="Most frames of one instance.")
    instance_pixel_bytes: int = Field(8 * GIB, ge=1, description="Most decoded pixel bytes of one instance.")
    picture_pixels: int = Field(100_000_000, ge=1, description="Most pixels of a PNG or JPEG picture.")

    # work
    ingest_threads: int = Field(2, ge=1, le=64, description="Instances decoded at once by one worker.")
    ingest_batch: int = Field(16, ge=1, le=256, description="Instances written to the database in one transaction.")
    inference_threads: int = Field(2, ge=1, le=64, description="Threads of the embedded predictor.")
    prediction_seconds: float = Field(30.0, gt=0, description="Longest answer of a model to one batch, seconds.")
    analysis_seconds: float = Field(
        600.0, gt=0, description="Longest run of one analysis, seconds; then it has FAILED."
    )
    job_attempts: int = Field(
        5,
        ge=1,
        description="How often a job is begun that fails or kills its worker, until it is given up; "
        "stops and passing faults do not count.",
    )
    analyses_per_case: int = Field(50, ge=1, description="Most analyses of one case.")

    @field_validator("public_url")
    @classmethod
    def _names_one_host(cls, public_url: str | None, info: ValidationInfo) -> str | None:
        """Every network is no address that a browser could go to."""
        host = info.data.get("host", "")
        if public_url is None and is_every_network(host):
            raise ValueError(
                f"HILUM_HOST={host} listens on every network: set HILUM_PUBLIC_URL to the address that browsers use, "
                "such as https://hilum.example."
            )
        return public_url

    @cached_property
    def data(self) -> Path:
        """The data folder, absolute."""
        return self.data_dir.expanduser().resolve()

    @property
    def models(self) -> Path:
        """The model repository, wherever the process was started."""
        return PROJECT / self.models_dir

    @property
    def pwa(self) -> Path:
        return PROJECT / self.pwa_dir

    @property
    def url(self) -> str:
        """Where browsers reach the server, without a slash at the end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")


def is_every_network(host: str) -> bool:
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return host == ""
