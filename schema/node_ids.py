"""Global object ids: opaque base64url of the type's name and the row's key.

An id that is malformed or of another type is as good as none: it names nothing. Nothing may be read out of an id but
by this module.
"""

import base64
import binascii
from collections.abc import Sequence
from uuid import UUID

import strawberry

from api.errors import NotFound
from api.persistence.global_ids import global_id

LONGEST = 512


def node_id(type_name: str, *parts: object) -> strawberry.ID:
    return strawberry.ID(global_id(type_name, *parts))


def parse_id(text: str) -> tuple[str, str]:
    """Type name and the rest; two empty texts where it is no id of ours."""
    try:
        if len(text) > LONGEST:
            raise ValueError
        # Only the one spelling that `node_id` gives: two texts must not name one thing.
        plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        return "", ""
    type_name, _, rest = plain.partition(":")
    return (type_name, rest) if rest and node_id(type_name, rest) == text else ("", "")


def find_key(text: str, type_name: str) -> UUID | None:
    """The row's key in an id of that type."""
    found, rest = parse_id(text)
    return _uuid(rest) if found == type_name else None


def get_key(text: str, type_name: str, field: Sequence[str]) -> UUID:
    """Raises NotFound, as for an id that names nothing."""
    key = find_key(text, type_name)
    if key is None:
        raise NotFound(f"There is no such {type_name.lower()}, or you may not see it.", field)
    return key


def find_model(text: str) -> tuple[str, str] | None:
    """Name and version in the id of a model."""
    found, rest = parse_id(text)
    name, _, version = rest.partition(":")
    return (name, version) if found == "Model" and name and version else None


def get_model(text: str, field: Sequence[str]) -> tuple[str, str]:
    model = find_model(text)
    if model is None:
        raise NotFound("There is no such model.", field)
    return model


def _uuid(text: str) -> UUID | None:
    try:
        key = UUID(text)
    except ValueError:
        return None
    return key if str(key) == text else None
