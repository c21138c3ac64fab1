"""What there is to see and to do things to: a case and all that hangs on it, and what its owner has besides.

A holding has an id for every noun of the schema, so that each row of the tables can be tried on each of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID, uuid4

from api.permissions import Actor, CaseSubject
from schema.node_ids import node_id


class Situation(StrEnum):
    """What a holding is to the seat that it was made for."""

    OWN = "own"
    CONTRIBUTED = "shared with me to contribute, of my organization"
    SHARED = "shared with me to read, of another organization"
    COLLEAGUES = "of my organization, not mine"
    STRANGERS = "of another organization"
    NOTHING = "not there"


# Nouns that are not called by their type: of some things there are several.
TYPES = {
    "prior case": "Case",
    "prior": "Study",  # an earlier one of the same patient, in the prior case
    "doomed": "Case",  # to be deleted
    "queued": "Analysis",
    "whisper": "Comment",  # for clinicians alone
    "erased": "Annotation",  # to be deleted
    "unreleased": "Review",
    "bystander": "User",  # takes part in the case to read
    "place": "Participant",  # the bystander's
    "patient user": "User",  # somebody of the organization, of role PATIENT
}


@dataclass(frozen=True)
class Holding:
    """ids: global ids, by noun. access: by user, of those who take part in the case. owner: a user's key."""

    situation: Situation
    ids: Mapping[str, str]
    case_key: UUID | None = None
    organization_key: UUID | None = None
    owner: UUID | None = None
    access: Mapping[UUID, str] = field(default_factory=dict)

    def subject(self, actor: Actor) -> CaseSubject | None:
        """The case as permissions see it; None where there is nothing."""
        if self.case_key is None or self.organization_key is None:
            return None
        return CaseSubject(self.case_key, self.organization_key, self.access.get(actor.user_key))


def nothing(like: Holding) -> Holding:
    """Ids that name nothing, of the same nouns."""
    return Holding(Situation.NOTHING, {noun: _unused(noun) for noun in like.ids})


def is_there(holding: Holding) -> bool:
    return holding.situation is not Situation.NOTHING


def absent_first(held: Mapping[Situation, Holding]) -> list[tuple[Situation, Holding]]:
    """What is not there before what is: the answers to the others are compared with its."""
    return sorted(held.items(), key=lambda item: is_there(item[1]))


def type_of(noun: str) -> str:
    return TYPES.get(noun, noun)


def _unused(noun: str) -> str:
    parts = ("lung_nodule", "0") if noun == "Model" else (uuid4(),)
    return str(node_id(type_of(noun), *parts))
