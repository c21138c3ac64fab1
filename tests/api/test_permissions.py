"""Who may do what: the whole table, told once more in the words of the roles."""

from uuid import uuid4

import pytest

from api.errors import NotFound, NotPermitted, Unauthenticated
from api.permissions import Action, Actor, CaseSubject, Role, Scope, is_allowed, relation_to, require, sees_all_cases

ORGANIZATION = uuid4()
OWNER, CONTRIBUTOR, READER, COLLEAGUE, STRANGER = "OWNER", "CONTRIBUTOR", "READER", "COLLEAGUE", "STRANGER"
TAKING_PART = {OWNER, CONTRIBUTOR, READER}
INSIDE = TAKING_PART | {COLLEAGUE}
WRITING = {OWNER, CONTRIBUTOR, COLLEAGUE}

READING = {
    Action.CASE_SEE,
    Action.CASE_SEE_IDENTITY,
    Action.CASE_SEE_ANALYSES,
    Action.CASE_SEE_REVIEWS,
    Action.CASE_SEE_RELEASES,
    Action.CASE_SEE_COMMENTS,
    Action.CASE_SEE_CLINICIANS_COMMENTS,
    Action.CASE_SEE_ANNOTATIONS,
    Action.CASE_SEE_FEEDBACK,
    Action.CASE_DOWNLOAD,
}
CHANGING = {
    Action.CASE_UPDATE,
    Action.CASE_ADD_IMAGES,
    Action.CASE_SET_URGENCY,
    Action.ANALYSIS_START,
    Action.ANALYSIS_CANCEL,
}
SPEAKING = {Action.CASE_COMMENT, Action.CASE_COMMENT_TO_CLINICIANS}
READING_TOGETHER = {
    *(Action.CASE_ANNOTATE, Action.ANALYSIS_GIVE_FEEDBACK),
    *(Action.CASE_SIGN, Action.CASE_RELEASE, Action.CASE_SHARE),
}

ALLOWED: dict[Role, dict[Action, set[str]]] = {
    Role.PATIENT: {
        Action.CASE_SEE: TAKING_PART,
        Action.CASE_SEE_IDENTITY: TAKING_PART,
        Action.CASE_SEE_RELEASES: TAKING_PART,
        Action.CASE_SEE_COMMENTS: TAKING_PART,
        Action.CASE_UPDATE: {OWNER},
        Action.CASE_ADD_IMAGES: {OWNER},
        Action.CASE_COMMENT: TAKING_PART,
        Action.CASE_DOWNLOAD: TAKING_PART,
    },
    Role.CLINICIAN: {
        **dict.fromkeys(READING | SPEAKING, INSIDE),
        **dict.fromkeys(CHANGING | READING_TOGETHER, WRITING),
        Action.CASE_DELETE: {OWNER},
    },
    Role.ADMINISTRATOR: dict.fromkeys(READING | SPEAKING, TAKING_PART),
    Role.PARTNER: {
        **dict.fromkeys(READING | SPEAKING, INSIDE),
        **dict.fromkeys(CHANGING, WRITING),
    },
}
UPLOADING = {Role.PATIENT, Role.CLINICIAN, Role.PARTNER}
ADMINISTERING = {Action.USER_ADMINISTER, Action.API_KEY_ADMINISTER, Action.MODEL_ACTIVATE, Action.AUDIT_READ}


def actor(role: Role) -> Actor:
    """With every scope, where it is an application."""
    return Actor(uuid4(), ORGANIZATION, role, scopes=frozenset(Scope) if role is Role.PARTNER else None)


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

    expected = {Action.MODEL_SEE}
    expected |= {Action.UPLOAD_CREATE} if role in UPLOADING else set()
    expected |= {Action.SESSION_MANAGE, Action.NOTIFICATION_MANAGE} if role is not Role.PARTNER else set()
    expected |= {Action.USER_SEE_PATIENTS} if role is not Role.PATIENT else set()
    expected |= ADMINISTERING if role is Role.ADMINISTRATOR else set()
    assert may == expected


@pytest.mark.parametrize(
    ("scope", "actions"),
    [
        (Scope.CASES_READ, READING - {Action.CASE_SEE_IDENTITY}),
        (Scope.IDENTITY_READ, {Action.CASE_SEE_IDENTITY}),
        (Scope.CASES_WRITE, {Action.CASE_UPDATE, Action.CASE_ADD_IMAGES, Action.CASE_SET_URGENCY}),
        (Scope.ANALYSES_WRITE, {Action.ANALYSIS_START, Action.ANALYSIS_CANCEL}),
        (Scope.COMMENTS_WRITE, SPEAKING),
    ],
)
def test_a_key_may_do_what_its_scopes_say_and_no_more(scope: Scope, actions: set[Action]) -> None:
    application = Actor(uuid4(), ORGANIZATION, Role.PARTNER, scopes=frozenset({scope}))

    assert {action for action in Action if is_allowed(application, action, subject(COLLEAGUE))} == actions


@pytest.mark.parametrize("relation", [*INSIDE, STRANGER])
@pytest.mark.parametrize("role", Role)
def test_whoever_may_annotate_may_give_feedback(role: Role, relation: str) -> None:
    """The contract's `viewerCan` has a word for the one alone: an app offers both by it."""
    may = [
        is_allowed(actor(role), of, subject(relation)) for of in (Action.CASE_ANNOTATE, Action.ANALYSIS_GIVE_FEEDBACK)
    ]

    assert may[0] == may[1]


def test_an_application_without_a_key_may_do_nothing() -> None:
    application = Actor(uuid4(), ORGANIZATION, Role.PARTNER)

    assert not any(is_allowed(application, action, subject(OWNER)) for action in Action)
    assert not any(is_allowed(application, action) for action in Action)


@pytest.mark.parametrize("role", Role)
def test_nobody_of_another_organization_may_do_anything_to_a_case(role: Role) -> None:
    assert not any(is_allowed(actor(role), action, subject(STRANGER)) for action in Action)


def test_a_guest_of_another_organization_is_what_they_take_part_as() -> None:
    guest = Actor(uuid4(), uuid4(), Role.CLINICIAN)

    assert relation_to(guest, subject(READER)) == READER


@pytest.mark.parametrize("role", Role)
def test_lists_show_all_cases_of_the_organization_to_whom_the_table_shows_one(role: Role) -> None:
    assert sees_all_cases(actor(role)) == (COLLEAGUE in ALLOWED[role][Action.CASE_SEE])


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
