"""Who may do what: the whole table, told once more in the words of the roles."""

from uuid import uuid4

import pytest

from api.errors import NotFound, NotPermitted, Unauthenticated
from api.permissions import Action, Actor, CaseSubject, Role, is_allowed, relation_to, require, sees_all_cases

ORGANIZATION = uuid4()
OWNER, CONTRIBUTOR, READER, COLLEAGUE, STRANGER = "OWNER", "CONTRIBUTOR", "READER", "COLLEAGUE", "STRANGER"
TAKING_PART = {OWNER, CONTRIBUTOR, READER}
INSIDE = TAKING_PART | {COLLEAGUE}
WRITING = {OWNER, CONTRIBUTOR, COLLEAGUE}

ALLOWED: dict[Role, dict[Action, set[str]]] = {
    Role.PATIENT: {
        Action.CASE_SEE: TAKING_PART,
        Action.CASE_SEE_IDENTITY: TAKING_PART,
        Action.CASE_UPDATE: {OWNER},
        Action.CASE_ADD_IMAGES: {OWNER},
        Action.CASE_COMMENT: TAKING_PART,
        Action.CASE_DOWNLOAD: TAKING_PART,
    },
    Role.CLINICIAN: {
        Action.CASE_SEE: INSIDE,
        Action.CASE_SEE_IDENTITY: INSIDE,
        Action.CASE_SEE_ANALYSES: INSIDE,
        Action.CASE_UPDATE: WRITING,
        Action.CASE_DELETE: {OWNER},
        Action.CASE_ADD_IMAGES: WRITING,
        Action.CASE_COMMENT: INSIDE,
        Action.CASE_ANNOTATE: WRITING,
        Action.CASE_SIGN: WRITING,
        Action.CASE_RELEASE: WRITING,
        Action.CASE_SHARE: WRITING,
        Action.CASE_DOWNLOAD: INSIDE,
        Action.ANALYSIS_START: WRITING,
        Action.ANALYSIS_CANCEL: WRITING,
    },
    Role.ADMINISTRATOR: {
        Action.CASE_SEE: TAKING_PART,
        Action.CASE_SEE_IDENTITY: TAKING_PART,
        Action.CASE_SEE_ANALYSES: TAKING_PART,
        Action.CASE_COMMENT: TAKING_PART,
        Action.CASE_DOWNLOAD: TAKING_PART,
    },
    Role.PARTNER: {
        Action.CASE_SEE: INSIDE,
        Action.CASE_SEE_ANALYSES: INSIDE,
        Action.CASE_UPDATE: WRITING,
        Action.CASE_ADD_IMAGES: WRITING,
        Action.CASE_DOWNLOAD: INSIDE,
        Action.ANALYSIS_START: WRITING,
        Action.ANALYSIS_CANCEL: WRITING,
    },
}
UPLOADING = {Role.PATIENT, Role.CLINICIAN, Role.PARTNER}


def actor(role: Role) -> Actor:
    return Actor(uuid4(), ORGANIZATION, role)


def subject(relation: str) -> CaseSubject:
    organization = uuid4() if relation == STRANGER else ORGANIZATION
    return CaseSubject(uuid4(), organization, relation if relation in TAKING_PART else None)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("relation", [*INSIDE, STRANGER])
def test_each_role_may_do_to_a_case_what_the_table_says(role: Role, relation: str) -> None:
    may = {action for action in Action if is_allowed(actor(role), action, subject(relation))}

    assert may == {action for action, relations in ALLOWED[role].items() if relation in relations}


@pytest.mark.parametrize("role", Role)
def test_each_role_may_do_without_a_case_what_the_table_says(role: Role) -> None:
    may = {action for action in Action if is_allowed(actor(role), action)}

    assert may == {Action.MODEL_SEE} | ({Action.UPLOAD_CREATE} if role in UPLOADING else set())


@pytest.mark.parametrize("role", Role)
def test_nobody_of_another_organization_may_do_anything_to_a_case(role: Role) -> None:
    assert not any(is_allowed(actor(role), action, subject(STRANGER)) for action in Action)


def test_a_guest_of_another_organization_is_what_they_take_part_as() -> None:
    guest = Actor(uuid4(), uuid4(), Role.CLINICIAN)

    assert relation_to(guest, subject(READER)) == READER


@pytest.mark.parametrize("role", Role)
def test_lists_show_all_cases_of_the_organization_to_whom_the_table_shows_one(role: Role) -> None:
    assert sees_all_cases(role) == (COLLEAGUE in ALLOWED[role][Action.CASE_SEE])


def test_nobody_is_asked_to_sign_in() -> None:
    with pytest.raises(Unauthenticated):
        require(None, Action.CASE_SEE, subject(OWNER))


def test_what_one_may_not_see_does_not_exist() -> None:
    with pytest.raises(NotFound):
        require(actor(Role.CLINICIAN), Action.CASE_UPDATE, subject(STRANGER))


def test_what_one_may_see_but_not_do_is_refused() -> None:
    with pytest.raises(NotPermitted):
        require(actor(Role.CLINICIAN), Action.CASE_UPDATE, subject(READER))


def test_who_may_is_told_back() -> None:
    clinician = actor(Role.CLINICIAN)

    assert require(clinician, Action.CASE_UPDATE, subject(OWNER)) is clinician
