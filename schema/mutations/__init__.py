"""What can be changed, one module a noun: an input goes in, a payload comes back."""

import strawberry

from schema.mutations.analyses import AnalysisMutations
from schema.mutations.annotations import AnnotationMutations
from schema.mutations.api_keys import ApiKeyMutations
from schema.mutations.cases import CaseMutations
from schema.mutations.comments import CommentMutations
from schema.mutations.exports import ExportMutations
from schema.mutations.models import ModelMutations
from schema.mutations.people import PeopleMutations
from schema.mutations.reviews import ReviewMutations
from schema.mutations.second_factor import SecondFactorMutations
from schema.mutations.sessions import SessionMutations
from schema.mutations.sharing import SharingMutations
from schema.mutations.sign_up import SignUpMutations
from schema.mutations.uploads import UploadMutations


@strawberry.type
class Mutation(
    SignUpMutations,
    SessionMutations,
    SecondFactorMutations,
    PeopleMutations,
    ApiKeyMutations,
    UploadMutations,
    AnalysisMutations,
    ModelMutations,
    CaseMutations,
    CommentMutations,
    AnnotationMutations,
    ReviewMutations,
    SharingMutations,
    ExportMutations,
):
    pass
