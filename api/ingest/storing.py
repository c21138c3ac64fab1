"""Store what one candidate holds: the instance as received, its frames and previews; or say why not."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO
from uuid import UUID

from api.errors import Rejected, RejectionCode
from api.imaging.frame_geometry import FrameGeometry
from api.imaging.instance import Instance
from api.imaging.pixels import pixel_digest
from api.imaging.window import VoiWindow
from api.ingest.candidates import UNREADABLE, Candidate, unreadable
from api.ingest.encoding import FULL_RANGE, Encoder, MediaDirectory, Source, open_source
from api.ingest.faults import is_passing
from api.settings import Settings
from api.storage.digests import digest_of
from api.storage.object_store import ObjectStore
from api.telemetry import span

log = logging.getLogger(__name__)

COPY_BYTES = 1 << 20

ACCEPTED, DUPLICATE, REJECTED, SKIPPED = "ACCEPTED", "DUPLICATE", "REJECTED", "SKIPPED"


@dataclass(frozen=True)
class StoredFrame:
    """digest: SHA-256 of the codestream that was stored."""

    geometry: FrameGeometry
    digest: bytes


@dataclass(frozen=True)
class Outcome:
    """What became of a candidate. instance_key and the rest: of ACCEPTED ones."""

    file_key: UUID
    path: str
    kind: str
    reason: Rejected | None = None
    instance: Instance | None = None
    instance_key: UUID | None = None
    pixel_digest: str = ""
    size: int = 0
    window: VoiWindow | None = None
    frames: tuple[StoredFrame, ...] = ()


@dataclass
class Claims:
    """Which SOP Instance UIDs are there, with the digest of their pixels; of two at once the first is stored."""

    digests: dict[str, "asyncio.Future[str]"] = field(default_factory=dict)

    def know(self, sop_instance_uid: str, digest: str) -> None:
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        future.set_result(digest)
        self.digests.setdefault(sop_instance_uid, future)

    def drop(self, sop_instance_uid: str) -> None:
        """What was stored under it was not filed."""
        known = self.digests.get(sop_instance_uid)
        if known is not None and known.done():  # else somebody stores another one just now
            del self.digests[sop_instance_uid]


@dataclass(frozen=True)
class Opened:
    """A candidate whose header is read."""

    candidate: Candidate
    file: BinaryIO
    source: Source


async def open_candidate(candidate: Candidate, owner: str, scope: str, settings: Settings) -> Opened | Outcome:
    def opened() -> Opened:
        file = candidate.open()
        return Opened(candidate, file, open_source(file, owner, scope, settings))

    try:
        return await asyncio.to_thread(opened)
    except MediaDirectory:
        return Outcome(candidate.file_key, candidate.path, SKIPPED)
    except Rejected as reason:
        return Outcome(candidate.file_key, candidate.path, REJECTED, reason)
    except UNREADABLE:
        return Outcome(candidate.file_key, candidate.path, REJECTED, unreadable())
    except Exception as error:
        return _unforeseen(candidate, error)


async def store(
    opened: Opened, instance_key: UUID, object_store: ObjectStore, claims: Claims, windows: dict[str, VoiWindow]
) -> Outcome:
    """Store the instance, as `instance_key`, unless it is there already. windows: the one each series' previews use."""
    candidate, instance = opened.candidate, opened.source.instance
    uid = instance.sop_instance_uid
    try:
        while uid in claims.digests:
            known = claims.digests[uid]
            try:
                digest = await asyncio.shield(known)
            except Rejected:
                continue  # the first was refused, so this one is the first
            return await _compare(opened, digest)
        mine: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        claims.digests[uid] = mine
        try:
            outcome = await _store_new(opened, instance_key, object_store, windows)
        except BaseException as error:
            del claims.digests[uid]
            mine.set_exception(error if isinstance(error, Rejected) else Rejected(RejectionCode.CORRUPT, "interrupted"))
            mine.exception()  # seen, should nobody wait for it
            raise
        mine.set_result(outcome.pixel_digest)
        return outcome
    except Rejected as reason:
        return Outcome(candidate.file_key, candidate.path, REJECTED, reason, instance=instance)
    except UNREADABLE:
        return Outcome(candidate.file_key, candidate.path, REJECTED, unreadable())
    except Exception as error:
        return _unforeseen(candidate, error)


def _unforeseen(candidate: Candidate, error: Exception) -> Outcome:
    """One candidate that no code foresaw must not cost the others; trouble that passes is for the whole job."""
    if is_passing(error):
        raise error
    with span("ingest:failure") as trace_id:
        log.error("a candidate failed: %s, trace %s", type(error).__name__, trace_id)
        log.debug("a candidate failed", exc_info=error)
    message = f"It could not be read, for a reason that Hilum does not know. Give the operator this id: {trace_id}."
    reason = Rejected(RejectionCode.CORRUPT, message)
    return Outcome(candidate.file_key, candidate.path, REJECTED, reason)


async def _compare(opened: Opened, digest: str) -> Outcome:
    candidate = opened.candidate
    if await asyncio.to_thread(pixel_digest, opened.source.frames) == digest:
        return Outcome(candidate.file_key, candidate.path, DUPLICATE, instance=opened.source.instance)
    raise Rejected(
        RejectionCode.IDENTITY_CONFLICT,
        "An instance with this SOP Instance UID but other pixels is there already. Ask who sent it which one is right.",
    )


async def _store_new(
    opened: Opened, instance_key: UUID, object_store: ObjectStore, windows: dict[str, VoiWindow]
) -> Outcome:
    candidate, instance = opened.candidate, opened.source.instance
    encoder = Encoder(opened.source, windows.get(instance.series_instance_uid))
    frames: list[StoredFrame] = []
    while (frame := await asyncio.to_thread(encoder.encode_next)) is not None:
        place = f"{instance_key}/{frame.geometry.frame_number}"
        await object_store.put(f"frames/{place}", frame.codestream)
        await object_store.put(f"previews/{place}", frame.preview)
        frames.append(StoredFrame(frame.geometry, digest_of(frame.codestream)))
    if encoder.window is not None:
        windows.setdefault(instance.series_instance_uid, encoder.window)
    await object_store.put(f"instances/{instance_key}", _chunks(opened.file))
    return Outcome(
        file_key=candidate.file_key,
        path=candidate.path,
        kind=ACCEPTED,
        instance=instance,
        instance_key=instance_key,
        pixel_digest=encoder.pixel_digest,
        size=candidate.size,
        window=encoder.window,
        frames=tuple(frames),
    )


async def _chunks(file: BinaryIO) -> AsyncIterator[bytes]:
    await asyncio.to_thread(file.seek, 0)
    while chunk := await asyncio.to_thread(file.read, COPY_BYTES):
        yield chunk


def windows_of(outcome: Outcome) -> list[dict[str, Any]]:
    """The scanner's windows as they are kept; where it wrote none and no preset suits, the one its values gave."""
    assert outcome.instance is not None
    windows = list(outcome.instance.windows)
    if not windows and outcome.window is not None and outcome.window.name == FULL_RANGE:
        windows = [outcome.window]
    named = [window.name or ("Scanner" if len(windows) == 1 else f"Scanner {i}") for i, window in enumerate(windows, 1)]
    return [{"name": n, "center": w.center, "width": w.width} for n, w in zip(named, windows, strict=True)]
