"""Every setting of Hilum: typed, documented, with its default. Each is read from `HILUM_<NAME>`."""

from functools import cached_property
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from api.settings.addresses import is_every_network
from api.settings.predictor import PredictorSettings
from api.settings.push import PushSettings
from api.settings.user_pool import UserPoolSettings

MIB = 1 << 20
GIB = 1 << 30
PROJECT = Path(__file__).parents[2]


class Settings(PredictorSettings, UserPoolSettings, PushSettings):
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

    # the network's edge
    trusted_proxies: str = Field(
        "127.0.0.1,::1",
        description="Addresses and networks of proxies, with commas, that are believed what they say of their clients.",
    )
    connections: int = Field(2000, ge=1, description="Connections at once, in all.")
    connections_per_address: int = Field(
        200, ge=1, description="Connections at once from one network address that is no trusted proxy."
    )
    header_seconds: float = Field(10.0, gt=0, description="Longest time for a TLS handshake, and for a request's head.")
    header_bytes: int = Field(64 * 1024, ge=1024, description="Largest head of a request, bytes.")
    keep_alive_seconds: int = Field(5, ge=1, description="An idle connection is kept for so long, seconds.")
    body_grace_seconds: float = Field(
        60.0, gt=0, description="A body may take so long whatever its size, seconds; beyond that it needs the pace."
    )
    body_bytes_per_second: int = Field(1024, ge=1, description="Least pace at which a client sends a body.")
    reader_grace_seconds: float = Field(
        30.0,
        gt=0,
        description="An answer may lie unread for so long, seconds; beyond that the client needs the pace.",
    )
    reader_bytes_per_second: int = Field(1024, ge=1, description="Least pace at which a client reads an answer.")
    socket_message_bytes: int = Field(MIB, ge=1024, description="Largest message of a WebSocket, bytes.")
    socket_ping_seconds: float = Field(
        20.0, gt=0, description="Pause between pings of a WebSocket, and the longest wait for the answer to one."
    )

    # TLS
    tls: Literal["off", "generated"] = Field(
        "off", description="`generated`: serve HTTPS with a certificate of an authority in the data folder."
    )
    tls_cert: Path | None = Field(None, description="Certificate chain to serve HTTPS with, PEM; with HILUM_TLS_KEY.")
    tls_key: Path | None = Field(None, description="Private key of HILUM_TLS_CERT, PEM, without a pass phrase.")

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

    # keys
    key_spread_seconds: float = Field(
        30.0,
        ge=0.5,
        description="Time that processes have to read a new data key before it is used, seconds; the same everywhere.",
    )

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
    second_factor_required: bool = Field(
        True, description="Ask everybody for a second factor; those who have none enrol one before they get a session."
    )
    reauthentication_seconds: int = Field(
        900,
        ge=60,
        description="A second factor is replaced only in a session that began less than so long ago, seconds.",
    )
    challenge_seconds: int = Field(600, ge=60, description="Time to answer a sign-in challenge, seconds.")
    code_tries: int = Field(5, ge=1, le=20, description="Wrong answers to one challenge or mailed code, then it ends.")
    mailed_code_seconds: int = Field(600, ge=60, description="Life of a mailed code, seconds.")
    invitation_days: float = Field(7.0, gt=0, description="Days until an invitation expires.")
    invitations_per_day: int = Field(200, ge=1, description="Invitations of one organization within 24 hours.")

    # guessing
    sign_in_attempts: int = Field(
        10, ge=1, description="Failures for one account within the window, of passwords or of codes, then LOCKED."
    )
    sign_in_attempts_per_client: int = Field(
        50, ge=1, description="Failures from one network address within the window, then LOCKED."
    )
    sign_in_window_seconds: int = Field(3600, ge=1, description="Window in which failures are counted, seconds.")
    lockout_seconds: float = Field(
        30.0, gt=0, description="LOCKED for so long at first, seconds; each further failure doubles it."
    )
    lockout_longest_seconds: float = Field(900.0, gt=0, description="LOCKED for so long at most, seconds.")

    # passwords
    hash_memory_kib: int = Field(
        65_536, ge=19_456, le=4_194_304, description="Memory of one password hash (argon2id), KiB."
    )
    hash_iterations: int = Field(3, ge=2, le=100, description="Passes over that memory.")
    hash_lanes: int = Field(4, ge=1, le=64, description="Lanes of that memory, filled by as many threads.")
    concurrent_hashes: int = Field(2, ge=1, le=64, description="Passwords hashed at once; those beyond wait.")
    waiting_hashes: int = Field(16, ge=0, description="Passwords that wait to be hashed, then UNAVAILABLE.")

    # mail
    smtp_host: str | None = Field(
        None, description="Mail server; without it mails go to the console and to `mailbox.txt` in the data folder."
    )
    smtp_port: int = Field(587, ge=1, le=65535, description="Port of the mail server.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How the way to the mail server is encrypted: `starttls`, `tls` (port 465) or `none`."
    )
    smtp_user: str | None = Field(None, description="Name to sign in to the mail server with.")
    smtp_password: SecretStr | None = Field(None, description="Password to sign in to the mail server with.")
    smtp_seconds: float = Field(10.0, gt=0, description="Longest wait for an answer of the mail server, seconds.")
    mail_from: str = Field("Hilum <hilum@localhost>", description="Sender of Hilum's mails.")

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

    # what one may use (docs/decisions/0012)
    query_cost: int = Field(10_000, ge=1, description="Most points that one GraphQL operation may cost.")
    person_cost_bucket: int = Field(100_000, ge=1, description="Points of GraphQL that a person may spend at once.")
    person_cost_restore: float = Field(2000.0, gt=0, description="Points that come back to a person each second.")
    api_key_cost_bucket: int = Field(
        100_000, ge=1, description="Points of GraphQL that an application's key may spend at once."
    )
    api_key_cost_restore: float = Field(2000.0, gt=0, description="Points that come back to a key each second.")
    address_cost_bucket: int = Field(
        10_000, ge=1, description="Points of GraphQL that one network address may spend at once, signed out."
    )
    address_cost_restore: float = Field(200.0, gt=0, description="Points that come back to an address each second.")
    anonymous_per_minute: int = Field(
        120, ge=1, description="Mutations from one network address without a session: sign-in, sign-up, reset."
    )
    guesses_per_minute: int = Field(10, ge=1, description="Codes and passwords that one signed-in person may try.")
    uploads_per_minute: int = Field(60, ge=1, description="Uploads that one person or key may begin.")
    analyses_per_minute: int = Field(60, ge=1, description="Analyses that one person or key may start.")
    exports_per_minute: int = Field(10, ge=1, description="Exports that one person or key may ask for.")
    comments_per_minute: int = Field(
        60, ge=1, description="Comments, annotations and feedback that one person or key may write."
    )
    invitations_per_minute: int = Field(
        30, ge=1, description="Invitations, shares, keys, webhooks and registrations for push that one person may make."
    )
    wrong_addresses_per_minute: int = Field(
        60, ge=1, description="Addresses with a wrong signature that one network address may ask for."
    )
    sockets_per_minute: int = Field(300, ge=1, description="WebSockets that one network address may open.")

    # uploads
    upload_bytes: int = Field(4 * GIB, ge=1, description="Largest upload in all, bytes.")
    upload_files: int = Field(5000, ge=1, description="Most files of one upload.")
    upload_file_bytes: int = Field(2 * GIB, ge=1, description="Largest file of an upload, bytes.")
    upload_hours: float = Field(24.0, gt=0, description="Hours until an unfinished upload expires.")
    open_uploads: int = Field(20, ge=1, description="Unfinished uploads that one person may have.")
    part_url_seconds: int = Field(
        300, ge=10, le=300, description="Life of a part's signed address, seconds; it counts when a part begins."
    )
    part_idle_seconds: float = Field(
        60.0, gt=0, description="A client that sends nothing of a part for so long is given up, seconds."
    )
    concurrent_parts: int = Field(64, ge=1, description="Parts received at once; those beyond wait unread.")
    frame_url_seconds: int = Field(300, ge=10, le=300, description="Longest life of a frame's signed address, seconds.")
    address_check_seconds: float = Field(
        20.0,
        gt=0,
        le=60,
        description="Whether the session of a signed address still lives, and its case may still be seen, "
        "is asked again after so long, seconds.",
    )

    # applications
    api_keys: int = Field(50, ge=1, le=1000, description="API keys of one organization that are in force.")
    api_key_days: int = Field(
        366, ge=1, le=3660, description="Longest life of an API key, days; also of one for which no end is asked."
    )

    # archives and instances
    archive_files: int = Field(20_000, ge=1, description="Most files in one archive.")
    archive_bytes: int = Field(16 * GIB, ge=1, description="Most bytes that one archive unpacks to.")
    archive_ratio: int = Field(200, ge=2, description="Highest ratio of unpacked to packed bytes.")
    archive_depth: int = Field(2, ge=0, description="Archives within archives: how deep.")
    instance_frames: int = Field(10_000, ge=1, description="Most frames of one instance.")
    instance_pixel_bytes: int = Field(8 * GIB, ge=1, description="Most decoded pixel bytes of one instance.")
    picture_pixels: int = Field(100_000_000, ge=1, description="Most pixels of a PNG or JPEG picture.")

    # reading together
    comment_characters: int = Field(4000, ge=1, le=100_000, description="Most characters of a comment.")
    comments_per_case: int = Field(5000, ge=1, description="Most comments of one case.")
    annotations_per_case: int = Field(1000, ge=1, description="Most annotations of one case, deleted ones too.")
    annotation_label_characters: int = Field(
        200, ge=1, le=10_000, description="Most characters of an annotation's label."
    )
    annotation_note_characters: int = Field(
        4000, ge=1, le=100_000, description="Most characters of an annotation's note."
    )
    annotation_pixels: int = Field(
        16_000_000, ge=1, description="Most pixels of a frame whose values annotations measure; of larger ones none."
    )
    feedback_label_characters: int = Field(
        200, ge=1, le=10_000, description="Most characters of a label that feedback on an analysis corrects."
    )
    feedback_note_characters: int = Field(
        4000, ge=1, le=100_000, description="Most characters of a note of feedback on an analysis."
    )
    feedback_per_analysis: int = Field(
        5000, ge=1, description="Most feedback on one analysis, that which was replaced too."
    )
    review_characters: int = Field(
        20_000, ge=1, le=1_000_000, description="Most characters of an impression, a recommendation or a summary."
    )
    reviews_per_case: int = Field(100, ge=1, description="Most signed reviews of one case.")
    participants_per_case: int = Field(100, ge=1, description="Most people that take part in one case.")

    # exports
    export_hours: float = Field(24.0, gt=0, description="Hours that the archive of an export is kept.")
    export_bytes: int = Field(16 * GIB, ge=1, description="Most bytes of instances in one export.")
    open_exports: int = Field(5, ge=1, description="Exports that one person may have waiting or ready.")

    # reports
    report_seconds: float = Field(30.0, gt=0, description="Longest time to make one report, seconds.")
    concurrent_reports: int = Field(
        2, ge=1, le=64, description="Reports made at once by one process; those beyond wait."
    )
    report_images: int = Field(12, ge=0, le=100, description="Most key images in one report.")
    report_image_pixels: int = Field(
        16_000_000, ge=1, description="Most pixels of a frame that a report shows; larger ones are named, not shown."
    )

    # audit trail
    audit_anchor_minutes: float = Field(
        60.0, gt=0, description="Pause between two anchors of a chain that grows, in the object store, minutes."
    )
    audit_anchor_days: int = Field(
        2192,
        ge=1,
        description="Days that an anchor can be neither replaced nor deleted; six years, as entries are due.",
    )
    audit_verify_hours: float = Field(
        1.0, gt=0, description="Pause between two verifications of a chain, hours; once a day it is all of it."
    )

    # work
    ingest_threads: int = Field(2, ge=1, le=64, description="Instances decoded at once by one worker.")
    ingest_batch: int = Field(16, ge=1, le=256, description="Instances written to the database in one transaction.")
    inference_threads: int = Field(2, ge=1, le=64, description="Threads of the embedded predictor.")
    prediction_seconds: float = Field(
        30.0, gt=0, description="Longest answer of a model to one batch, seconds; of Triton with its retries."
    )
    analysis_seconds: float = Field(
        600.0,
        gt=0,
        description="Longest run of one analysis, seconds, without its waiting for Triton; then it has FAILED.",
    )
    job_attempts: int = Field(
        5,
        ge=1,
        description="How often a job is begun that fails or kills its worker, until it is given up; "
        "stops and passing faults do not count.",
    )
    analyses_per_case: int = Field(50, ge=1, description="Most analyses of one case.")

    @model_validator(mode="after")
    def _has_one_certificate(self) -> Self:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("HILUM_TLS_CERT and HILUM_TLS_KEY go together: set both, or neither.")
        if self.tls_cert is not None and self.tls != "off":
            raise ValueError("HILUM_TLS=generated makes a certificate: leave out HILUM_TLS_CERT and HILUM_TLS_KEY.")
        if self.is_tls and self.public_url is not None and not self.public_url.startswith("https://"):
            raise ValueError("HILUM_PUBLIC_URL begins with https:// where Hilum itself serves HTTPS.")
        return self

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
        scheme = "https" if self.is_tls else "http"
        return (self.public_url or f"{scheme}://{self.host}:{self.port}").rstrip("/")

    @property
    def is_tls(self) -> bool:
        """Whether this process itself speaks HTTPS."""
        return self.tls == "generated" or self.tls_cert is not None
