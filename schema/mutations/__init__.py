"""What can be changed, one module a noun: an input goes in, a payload comes back."""

import strawberry

from schema.mutations.analyses import AnalysisMutations
from schema.mutations.api_keys import ApiKeyMutations
from schema.mutations.cases import CaseMutations
from schema.mutations.sessions import SessionMutations
from schema.mutations.uploads import UploadMutations


@strawberry.type
class Mutation(SessionMutations, UploadMutations, AnalysisMutations, CaseMutations, ApiKeyMutations):
    pass
