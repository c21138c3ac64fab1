"""What an entry of the audit trail says. Keys and words of ours only: no patient data, no names, no file names."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import NAMESPACE_URL, UUID, uuid5

from api.permissions import Actor


class Outcome(StrEnum):
    OK = "ok"
    REFUSED = "refused"  # not permitted, or not believed
    MISSING = "missing"  # sought, and not there
    FAILED = "failed"  # permitted, and came to nothing


class Service(StrEnum):
    """Who acts where no person and no application does; each has an actor key of its own (45 CFR 164.312(a)(2)(i))."""

    ANONYMOUS = "anonymous"  # somebody at the API who is not signed in
    WORKER = "worker"  # a job
    COMMAND = "command"  # the operator, at the command line

    @property
    def key(self) -> UUID:
        return uuid5(NAMESPACE_URL, f"hilum:{self.value}")


# What a user has that is no thing of its own.
OF_USERS = {"second_factor": "User", "recovery_code": "User", "password": "User"}
SERVICES = {service.key: service for service in Service}


@dataclass(frozen=True, slots=True)
class NewEntry:
    """One act that is to be recorded.

    organization_key: the actor's; the subject's own organization comes before it, where the subject is known.
    subject_kind: the name of the GraphQL type, so that an id can be made of it.
    is_sought: nothing was shown; whether it is REFUSED or MISSING is looked up when it is written.
    """

    actor_key: UUID
    action: str
    subject_key: UUID | None = None
    outcome: Outcome = Outcome.OK
    organization_key: UUID | None = None
    api_key_key: UUID | None = None
    subject_kind: str | None = None
    address: str | None = None
    trace_id: str | None = None
    is_sought: bool = False


def new_entry(
    actor: Actor | None,
    service: Service,
    action: str,
    subject_key: UUID | None,
    outcome: Outcome,
    *,
    kind: str | None = None,
    is_sought: bool = False,
    address: str | None = None,
    trace_id: str | None = None,
) -> NewEntry:
    """service: who acted where there is no actor. kind: the subject's, where the action is not named for it."""
    return NewEntry(
        actor_key=actor.user_key if actor else service.key,
        action=action,
        subject_key=subject_key,
        outcome=outcome,
        organization_key=actor.organization_key if actor else None,
        api_key_key=actor.api_key_key if actor else None,
        subject_kind=(kind or kind_of(action)) if subject_key is not None else None,
        address=address,
        trace_id=trace_id,
        is_sought=is_sought,
    )


def kind_of(action: str) -> str:
    """The type that an action is about, when nothing else is said: `api_key:create` is about an ApiKey."""
    subject = action.partition(":")[0]
    return OF_USERS.get(subject) or "".join(word.capitalize() for word in subject.split("_"))
