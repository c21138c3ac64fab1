"""Which right shows a thing by its id, of every noun. A new type of Node has no row, and fails until it has one."""

from api.permissions import Action
from tests.matrix.rules import Rule, anybody, both, general, in_organization, own, sees

NODES: dict[str, Rule] = {
    "Case": sees(),
    "prior case": sees(),
    "doomed": sees(),
    "Patient": sees(Action.CASE_SEE_IDENTITY),
    "Study": sees(),
    "prior": sees(),
    "Series": sees(),
    "Stack": sees(),
    "Analysis": sees(Action.CASE_SEE_ANALYSES),
    "queued": sees(Action.CASE_SEE_ANALYSES),
    "Finding": sees(Action.CASE_SEE_ANALYSES),
    "Comment": sees(Action.CASE_SEE_COMMENTS),
    "whisper": sees(Action.CASE_SEE_CLINICIANS_COMMENTS),
    "Annotation": sees(Action.CASE_SEE_ANNOTATIONS),
    "erased": sees(Action.CASE_SEE_ANNOTATIONS),
    "Review": sees(Action.CASE_SEE_REVIEWS),
    "unreleased": sees(Action.CASE_SEE_REVIEWS),
    "Export": both(own, sees(Action.CASE_DOWNLOAD)),
    "Upload": own,
    "UploadFile": own,
    "Organization": in_organization,
    "User": in_organization,
    "bystander": in_organization,
    "patient user": both(in_organization, general(Action.USER_SEE_PATIENTS)),
    "Invitation": both(in_organization, general(Action.USER_ADMINISTER)),
    "ApiKey": both(in_organization, general(Action.API_KEY_ADMINISTER)),
    "Model": anybody,
}

# Things with an id that nothing asks for by it: `node` has no such type, but the id may be come across.
NAMED: dict[str, Rule] = {"Session": own, "place": sees()}
# People and their organization are shown with what they do, whoever they are.
WITH_OTHERS = {"User", "bystander", "patient user", "Organization", "Model"}
