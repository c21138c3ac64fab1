"""Who asks: every role, an API key for each scope and one for all, and nobody."""

from dataclasses import dataclass

from api.permissions import Actor, Role, Scope

NOBODY = "nobody"
PEOPLE = (Role.PATIENT, Role.CLINICIAN, Role.ADMINISTRATOR)
KEYS: dict[str, tuple[Scope, ...]] = {
    **{f"key of {scope}": (scope,) for scope in Scope},
    "key of every scope": tuple(Scope),
}


@dataclass(frozen=True)
class Seat:
    """actor: None for nobody."""

    name: str
    actor: Actor | None
