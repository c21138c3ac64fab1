"""Which right shows a field, of every type there is. A new field has no row here, and fails until it has one.

`WITH_IT`: whoever sees the object sees the field. Any other rule is asked besides, about the case that the object
hangs on. MAY_BE_EMPTY: fields that hold nothing in the world of these tests, or not in each object.
"""

from collections.abc import Callable

from graphql import GraphQLObjectType

from api.permissions import Action, Actor, Role, is_allowed, sees_name
from tests.matrix.holdings import Holding, Situation
from tests.matrix.rules import Rule, general, sees
from tests.matrix.seats import Seat
from tests.matrix.selections import Json
from tests.matrix.world import World

FieldRule = Callable[[World, Actor, Holding, Json], bool]
MASKS = {"User.displayName": "A patient"}  # of a name that may not be told, where the contract wants one


def with_it(world: World, actor: Actor, holding: Holding, thing: Json) -> bool:
    return True


def asking(rule: Rule) -> FieldRule:
    return lambda world, actor, holding, thing: rule(actor, holding)


def may_be_named(world: World, actor: Actor, holding: Holding, thing: Json) -> bool:
    return sees_name(actor, Role(thing["role"]))


def may_be_written_to(world: World, actor: Actor, holding: Holding, thing: Json) -> bool:
    """As the contract has it: colleagues, and no application."""
    is_colleague = world.organization_of(thing["id"]) == actor.organization_key
    return is_colleague and thing["role"] != Role.PARTNER and may_be_named(world, actor, holding, thing)


def release_shows_urgency(world: World, actor: Actor, holding: Holding, thing: Json) -> bool:
    """Each holding's review is released, and only who may see analyses could withdraw that."""
    subject = holding.subject(actor)
    assert subject is not None
    seeing = (Action.CASE_SEE_ANALYSES, Action.CASE_SEE_RELEASES)
    return any(is_allowed(actor, action, subject) for action in seeing)


WITH_IT: FieldRule = with_it
SEES = asking(sees())
IDENTITY = asking(sees(Action.CASE_SEE_IDENTITY))
ANALYSES = asking(sees(Action.CASE_SEE_ANALYSES))
REVIEWS = asking(sees(Action.CASE_SEE_REVIEWS))
RELEASES = asking(sees(Action.CASE_SEE_RELEASES))
FEEDBACK = asking(sees(Action.CASE_SEE_FEEDBACK))
ANNOTATIONS = asking(sees(Action.CASE_SEE_ANNOTATIONS))
COMMENTS = asking(sees(Action.CASE_SEE_COMMENTS))
SHARING = asking(sees(Action.CASE_SHARE))


def of(name: str, rule: FieldRule, fields: str) -> dict[str, FieldRule]:
    return {f"{name}.{field}": rule for field in fields.split()}


FIELDS: dict[str, FieldRule] = {
    # the case, and who takes part
    **of("Case", WITH_IT, "id title status createdAt updatedAt organization studies participants viewerCan"),
    **of("Case", WITH_IT, "eventCursor createdBy"),
    **of("Case", IDENTITY, "patient priors"),
    **of("Case", ANALYSES, "analyses latestAnalysis"),
    **of("Case", ANNOTATIONS, "annotations"),
    **of("Case", COMMENTS, "comments unreadComments"),
    **of("Case", REVIEWS, "reviews"),
    **of("Case", RELEASES, "releases"),
    **of("Case", release_shows_urgency, "urgency"),
    **of("Participant", WITH_IT, "id user access since"),
    **of("Participant", SHARING, "email"),
    # images
    **of("Patient", IDENTITY, "id name patientId issuer birthDate sex"),
    **of("Study", WITH_IT, "id modalities series"),
    **of("Study", IDENTITY, "description startedAt studyInstanceUid accessionNumber patient"),
    **of("Series", WITH_IT, "id number modality bodyPart laterality study stacks thumbnail warnings"),
    **of("Series", IDENTITY, "description seriesInstanceUid"),
    **of("Stack", WITH_IT, "id frameCount rows columns rowSpacing columnSpacing sliceSpacing"),
    **of("Stack", WITH_IT, "photometricInterpretation bitsStored signed paddingValue unit windows warnings series"),
    **of("Stack", WITH_IT, "frames previews frameTable"),
    **of("Stack", IDENTITY, "frameOfReferenceUid"),
    **of("Frame", WITH_IT, "index frameNumber position rowDirection columnDirection rescaleSlope rescaleIntercept"),
    **of("Frame", IDENTITY, "sopInstanceUid"),
    **of("FrameSource", WITH_IT, "urlTemplate mediaType expiresAt"),
    **of("Download", WITH_IT, "url mediaType size expiresAt"),
    **of("Window", WITH_IT, "name center width"),
    **of("Warning", WITH_IT, "code message"),
    **of("Point3D", WITH_IT, "x y z"),
    **of("Box", WITH_IT, "left top width height"),
    # analyses
    **of("Analysis", ANALYSES, "id status stage progress queuedAt startedAt finishedAt scores uncertainty failure"),
    **of("Analysis", ANALYSES, "warnings case stack model findings overlays reports timing"),
    **of("Analysis", FEEDBACK, "feedback"),
    **of("Feedback", FEEDBACK, "id by finding agreement correctedLabel note at"),
    **of("AnalysisTiming", ANALYSES, "reading preparing asking interpreting inferences queue compute"),
    **of("Overlay", ANALYSES, "kind title stack rows columns frames"),
    **of("Report", WITH_IT, "format ready download"),
    **of("Score", ANALYSES, "label probability"),
    **of("Finding", ANALYSES, "id label probability aboveThreshold diameterMm position analysis anchor categories"),
    **of("RuleCategory", ANALYSES, "rule version category assumptions"),
    **of("Anchor", WITH_IT, "stack frameIndex box"),
    **of("Anchor", ANALYSES, "finding"),
    **of("Model", WITH_IT, "id name version title intendedUse modalities bodyParts labels card active ready"),
    # what people say
    **of("Comment", COMMENTS, "id audience body createdAt editedAt deleted resolvedAt case author mentions replyTo"),
    **of("Comment", COMMENTS, "anchor"),
    **of("Annotation", ANNOTATIONS, "id kind points label note quantities deleted createdAt updatedAt case by anchor"),
    **of("Annotation", ANALYSES, "missedBy"),
    **of("Point2D", WITH_IT, "x y"),
    **of("Quantity", WITH_IT, "name value unit"),
    **of("Review", REVIEWS, "id impression recommendation urgency signedAt addenda case by release reports"),
    **of("Addendum", REVIEWS, "id by text signedAt"),
    **of("Release", RELEASES, "id at summary withdrawnAt by"),
    # uploads and exports
    **of("Upload", WITH_IT, "id status createdAt expiresAt progress files accepted duplicates rejections"),
    **of("Upload", SEES, "cases"),
    **of("UploadFile", WITH_IT, "id index name size received parts"),
    **of("UploadPart", WITH_IT, "number offset size method url headers expiresAt received"),
    **of("Header", WITH_IT, "name value"),
    **of("Rejection", WITH_IT, "path code message file"),
    **of("Export", WITH_IT, "id withIdentity ready leftOut failure case download"),
    # people
    **of("Organization", WITH_IT, "id name"),
    **of("User", WITH_IT, "id role specialty disabled organization"),
    **of("User", may_be_named, "displayName"),
    **of("User", may_be_written_to, "email"),
    **of("Viewer", WITH_IT, "mfaEnabled pushPublicKey user organization uploads eventCursor"),
    **of("Viewer", WITH_IT, "notifications unreadCount"),
    **of("Notification", WITH_IT, "id kind text at readAt case subject"),
    **of("Viewer", asking(general(Action.SESSION_MANAGE)), "sessions"),
    **of("Session", WITH_IT, "id createdAt lastSeenAt userAgent current"),
    **of("Challenge", WITH_IT, "kind token"),
    # administration
    **of("Administration", WITH_IT, "users invitations apiKeys audit"),
    **of("Invitation", WITH_IT, "id email role createdAt expiresAt acceptedAt revokedAt"),
    **of("ApiKey", WITH_IT, "id scopes prefix createdAt lastUsedAt expiresAt revokedAt name user"),
    **of("AuditConnection", WITH_IT, "intact verifiedAt"),
    **of("AuditEntry", WITH_IT, "id at action subjectId outcome address traceId hash service actor actorKey"),
}

# Where these may not be seen, asking for them is refused: they are none of the case's.
REFUSED = {"Viewer.sessions"}

# All but the participants' are shown by nothing more than the object itself.
MAY_BE_EMPTY = {
    *("Participant.user", "Participant.email", "User.specialty", "Viewer.notifications", "Notification.readAt"),
    *("Stack.paddingValue", "Study.modalities", "Download.size", "Report.download"),
    *("Analysis.startedAt", "Analysis.finishedAt", "Analysis.uncertainty", "Analysis.failure", "Analysis.warnings"),
    *("Comment.editedAt", "Comment.resolvedAt", "Comment.replyTo", "Review.addenda", "Release.withdrawnAt"),
    *("Export.failure", "ApiKey.lastUsedAt", "ApiKey.revokedAt", "Invitation.acceptedAt", "Invitation.revokedAt"),
    *("Annotation.label", "Annotation.note"),  # of one that was deleted
    *("AuditConnection.intact", "AuditConnection.verifiedAt"),
    *(
        "AuditEntry.subjectId",
        "AuditEntry.address",
        "AuditEntry.traceId",
        "AuditEntry.service",
        "AuditEntry.actor",
        "AuditEntry.actorKey",
    ),
}


def refused_to(world: World, seat: Seat, of: GraphQLObjectType) -> list[str]:
    """Names of fields of what is one's own that the seat is refused."""
    if seat.actor is None:
        return []
    holding = world.holdings[seat.name][Situation.OWN]
    fields = [field.partition(".")[2] for field in REFUSED if field.startswith(f"{of.name}.")]
    return [field for field in fields if not FIELDS[f"{of.name}.{field}"](world, seat.actor, holding, {})]
