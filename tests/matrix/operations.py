"""Which right each field of Query, Mutation and Subscription needs, and each kind of event.

A new field has no row here, and fails until it has one. A row of a mutation: who may, and the input to try it with,
made of the ids of a holding. Where it depends on what is asked, there are several rows.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric import ec

from api.permissions import Action, Scope
from api.push.encryption import point_bytes
from api.push.vapid import encoded
from tests.matrix.holdings import Holding
from tests.matrix.rules import (
    OK,
    Permission,
    Rule,
    anybody,
    at_large,
    both,
    general,
    in_own_organization,
    may,
    on_case,
    on_own,
    on_what_is_everybodys,
    own,
    sees,
)
from tests.matrix.selections import Json

Ids = Mapping[str, str]
Given = Callable[[Ids], Json]


@dataclass(frozen=True)
class MutationRow:
    """given: of `input`, or of the arguments where there is none. permission: None where nobody needs one.

    answers: what is said to whom it is permitted, or to everybody. once: it has no subject, and is tried once a seat.
    ends: it may end the session that asks, and so gets one of its own. hides: the noun that must seem not to be there
    to whoever may not see it; None for whatever the input names.
    """

    permission: Permission | None
    given: Given
    answers: str = OK
    once: bool = False
    ends: bool = False
    has_input: bool = True
    hides: str | None = None

    def absent(self, holding: Holding, nothing: Holding) -> Ids:
        """Ids as they would be, were that not there which the row hides."""
        return nothing.ids if self.hides is None else {**holding.ids, self.hides: nothing.ids[self.hides]}


def about_case(permission: Permission, **more: object) -> MutationRow:
    return MutationRow(permission, lambda ids: {"caseId": ids["Case"], **more})


def for_everybody(answers: str, **given: object) -> MutationRow:
    return MutationRow(None, lambda ids: dict(given), answers, once=True, has_input=bool(given))


def _new_address() -> str:
    return f"{uuid4()}@test.example"


def _browser() -> Json:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    return {
        "endpoint": f"https://push.example/{uuid4()}",
        "p256dh": encoded(point_bytes(key)),
        "auth": encoded(bytes(16)),
    }


def _line(ids: Ids) -> Json:
    """Or a finding with these corners: neither is measured in pixels, of which the frame has none."""
    points = [{"x": 1, "y": 2}, {"x": 30, "y": 40}]
    return {"kind": "LENGTH", "anchor": {"stackId": ids["Stack"], "frameIndex": 1}, "points": points}


FILE = {"name": "a.dcm", "size": 10}
PASSWORD = "Nine-quiet-Lanterns"
COMMENT, WHISPER = Action.CASE_COMMENT, (Action.CASE_COMMENT, Action.CASE_COMMENT_TO_CLINICIANS)
ANNOTATE, ANNOTATIONS = Action.CASE_ANNOTATE, Action.CASE_SEE_ANNOTATIONS
FEEDBACK = Action.ANALYSIS_GIVE_FEEDBACK
REVIEWS, ANALYSES = Action.CASE_SEE_REVIEWS, Action.CASE_SEE_ANALYSES

MUTATIONS: dict[str, list[MutationRow]] = {
    # cases
    "updateCase": [about_case(on_case(Action.CASE_UPDATE), title="Renamed")],
    "setUrgency": [about_case(on_case(Action.CASE_SET_URGENCY), urgency="ROUTINE")],
    "deleteCase": [
        MutationRow(on_case(Action.CASE_DELETE), lambda ids: {"caseId": ids["doomed"], "reason": "A test"}),
    ],
    "exportCase": [
        about_case(on_case(Action.CASE_DOWNLOAD)),
        about_case(on_case(Action.CASE_DOWNLOAD, Action.CASE_SEE_IDENTITY), withIdentity=True),
    ],
    # reading together
    "addComment": [
        about_case(on_case(COMMENT), body="For all", audience="EVERYONE"),
        about_case(on_case(*WHISPER), body="Between us"),
        MutationRow(
            on_case(COMMENT, ANALYSES, known=ANALYSES),
            lambda ids: {
                **{"caseId": ids["Case"], "body": "There", "audience": "EVERYONE"},
                "anchor": {"stackId": ids["Stack"], "frameIndex": 0, "findingId": ids["Finding"]},
            },
            hides="Finding",
        ),
    ],
    "saveAnnotation": [
        MutationRow(on_case(ANNOTATE), lambda ids: {"caseId": ids["Case"], **_line(ids)}, hides="Case"),
        MutationRow(
            on_case(ANNOTATE, ANALYSES),
            lambda ids: {"caseId": ids["Case"], **_line(ids), "kind": "FINDING", "missedById": ids["Analysis"]},
            hides="Case",
        ),
        MutationRow(
            Permission(both(own, may(ANNOTATE)), sees(ANNOTATIONS)),  # those that one drew
            lambda ids: {"annotationId": ids["Annotation"], **_line(ids), "kind": "FINDING", "note": "Wider"},
            hides="Annotation",
        ),
    ],
    "deleteAnnotation": [
        MutationRow(
            Permission(both(own, may(ANNOTATE)), sees(ANNOTATIONS)), lambda ids: {"annotationId": ids["erased"]}
        ),
    ],
    "signReview": [
        about_case(on_case(Action.CASE_SIGN), impression="Nothing.", recommendation="None.", urgency="ROUTINE"),
        about_case(
            on_case(Action.CASE_SIGN, Action.CASE_RELEASE),
            impression="Nothing.",
            urgency="ROUTINE",
            patientSummary="Ok",
            recommendation="None.",
        ),
    ],
    "releaseReview": [
        MutationRow(
            on_case(Action.CASE_RELEASE, known=REVIEWS), lambda ids: {"reviewId": ids["unreleased"], "summary": "Ok"}
        )
    ],
    "withdrawRelease": [
        MutationRow(on_case(Action.CASE_RELEASE, known=REVIEWS), lambda ids: {"reviewId": ids["Review"]}),
    ],
    "shareCase": [
        about_case(on_case(Action.CASE_SHARE), email="friend@elsewhere.example", access="READER"),
        MutationRow(
            on_case(Action.CASE_SHARE),
            lambda ids: {"caseId": ids["Case"], "userId": ids["patient user"], "access": "READER"},
        ),
    ],
    "unshareCase": [
        MutationRow(on_case(Action.CASE_SHARE), lambda ids: {"caseId": ids["Case"], "participantId": ids["place"]}),
    ],
    # notifications
    "markRead": [
        MutationRow(
            Permission(sees(), sees(), first=general(Action.NOTIFICATION_MANAGE)),
            lambda ids: {"caseId": ids["Case"]},
        ),
        MutationRow(
            Permission(both(own, sees()), both(own, sees()), first=general(Action.NOTIFICATION_MANAGE)),
            lambda ids: {"notificationIds": [ids["Notification"]]},
        ),
    ],
    "registerPush": [
        MutationRow(at_large(Action.NOTIFICATION_MANAGE), lambda ids: _browser(), once=True),
    ],
    # analyses
    "startAnalysis": [about_case(on_case(Action.ANALYSIS_START))],
    "cancelAnalysis": [
        MutationRow(on_case(Action.ANALYSIS_CANCEL, known=ANALYSES), lambda ids: {"analysisId": ids["queued"]}),
    ],
    "giveFeedback": [
        MutationRow(
            on_case(FEEDBACK, known=ANALYSES), lambda ids: {"analysisId": ids["Analysis"], "agreement": "DISAGREE"}
        ),
        MutationRow(
            on_case(FEEDBACK, known=ANALYSES),
            lambda ids: {"analysisId": ids["Analysis"], "findingId": ids["Finding"], "agreement": "AGREE"},
            hides="Analysis",
        ),
    ],
    "activateModel": [MutationRow(on_what_is_everybodys(Action.MODEL_ACTIVATE), lambda ids: {"modelId": ids["Model"]})],
    # uploads
    "createUpload": [
        MutationRow(at_large(Action.UPLOAD_CREATE), lambda ids: {"files": [FILE]}, once=True),
        MutationRow(
            Permission(on_case(Action.CASE_ADD_IMAGES).allowed, sees(), first=general(Action.UPLOAD_CREATE)),
            lambda ids: {"files": [FILE], "caseId": ids["Case"]},
        ),
    ],
    "completeUpload": [
        MutationRow(on_own(Action.UPLOAD_CREATE), lambda ids: {"uploadId": ids["Upload"]}, "CONFLICT"),
    ],
    "abortUpload": [MutationRow(on_own(Action.UPLOAD_CREATE), lambda ids: {"uploadId": ids["Upload"]})],
    # people
    "inviteUser": [
        MutationRow(
            at_large(Action.USER_ADMINISTER), lambda ids: {"email": _new_address(), "role": "CLINICIAN"}, once=True
        )
    ],
    "revokeInvitation": [
        MutationRow(in_own_organization(Action.USER_ADMINISTER), lambda ids: {"invitationId": ids["Invitation"]}),
    ],
    "setUserRole": [
        MutationRow(
            in_own_organization(Action.USER_ADMINISTER),
            lambda ids: {"userId": ids["bystander"], "role": "ADMINISTRATOR"},
        )
    ],
    "setUserDisabled": [
        MutationRow(
            in_own_organization(Action.USER_ADMINISTER), lambda ids: {"userId": ids["bystander"], "disabled": False}
        )
    ],
    "createApiKey": [
        MutationRow(
            at_large(Action.API_KEY_ADMINISTER), lambda ids: {"name": "New", "scopes": [Scope.CASES_READ]}, once=True
        )
    ],
    "revokeApiKey": [
        MutationRow(in_own_organization(Action.API_KEY_ADMINISTER), lambda ids: {"apiKeyId": ids["ApiKey"]}),
    ],
    # sessions of one's own
    "revokeSession": [
        MutationRow(on_own(Action.SESSION_MANAGE), lambda ids: {"sessionId": ids["Session"]}),
    ],
    "signOut": [
        MutationRow(
            at_large(Action.SESSION_MANAGE), lambda ids: {"everywhere": False}, once=True, ends=True, has_input=False
        ),
    ],
    "enrollMfa": [MutationRow(at_large(Action.SESSION_MANAGE), lambda ids: {}, once=True)],
    "confirmMfa": [
        MutationRow(at_large(Action.SESSION_MANAGE), lambda ids: {"code": "123456"}, "WRONG_CODE", once=True),
        for_everybody("EXPIRED", code="123456", challenge="none"),
    ],
    # ways in
    "signIn": [for_everybody("WRONG_CREDENTIALS", email="nobody@test.example", password=PASSWORD)],
    "answerChallenge": [for_everybody("EXPIRED", challenge="none", code="123456")],
    "refreshSession": [for_everybody("UNAUTHENTICATED")],
    "signUp": [
        for_everybody("NOT_FOUND", email="new@test.example", password=PASSWORD, displayName="New", invitation="none")
    ],
    "confirmSignUp": [for_everybody("WRONG_CODE", email="nobody@test.example", code="123456")],
    "requestPasswordReset": [for_everybody(OK, email="nobody@test.example")],
    "resetPassword": [
        MutationRow(
            None,
            lambda ids: {"email": _new_address(), "code": "123456", "newPassword": PASSWORD},
            "WRONG_CODE",
            once=True,
        ),
    ],
}


@dataclass(frozen=True)
class QueryRow:
    """rule: who is shown something; all others get null. nobody: what is said to whoever is not signed in."""

    document: str
    rule: Rule
    nobody: str = "UNAUTHENTICATED"

    @property
    def of_case(self) -> bool:
        return "$id" in self.document


QUERIES: dict[str, QueryRow] = {
    "case": QueryRow("query($id: ID!) { case(id: $id) { id } }", sees()),
    "node": QueryRow("query($id: ID!) { node(id: $id) { id } }", sees()),
    "nodes": QueryRow("query($id: ID!) { nodes(ids: [$id]) { id } }", sees()),
    "cases": QueryRow("{ cases { totalCount } }", anybody),
    "models": QueryRow("{ models { id } }", general(Action.MODEL_SEE)),
    "viewer": QueryRow("{ viewer { user { id } } }", anybody, "NULL"),
    "administration": QueryRow("{ administration { apiKeys { id } } }", general(Action.USER_ADMINISTER), "NULL"),
}

SUBSCRIPTIONS: dict[str, Rule] = {"caseEvents": sees(), "viewerEvents": anybody}

# Which right lets an event of a case be told; of one's own news, whose they are.
EVENTS: dict[str, Rule] = {
    "CaseChanged": sees(),
    "AnalysisProgressed": sees(Action.CASE_SEE_ANALYSES),
    "AnnotationChanged": sees(ANNOTATIONS),
    "CommentAdded": sees(Action.CASE_SEE_COMMENTS),
    "ReviewChanged": sees(Action.CASE_SEE_REVIEWS),
    "ParticipantsChanged": sees(),
    "WorklistChanged": sees(),
    "UploadProgressed": anybody,
    "NotificationArrived": sees(),
}
