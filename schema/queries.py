"""What can be asked for. What the viewer may not see does not exist: it is null."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import strawberry

from api import accounts, analyses, cases, exports, uploads
from api.cases import CaseFilter as ChosenCases
from api.cases import CaseOrder
from api.errors import Invalid
from api.permissions import Action, Role, is_allowed, sees_user
from schema.connections import connection, given, read_page, request_of
from schema.context import Info
from schema.fields import described
from schema.node_ids import find_key, find_model, parse_id
from schema.reads import HARMLESS, action_of
from schema.types.administration import Administration
from schema.types.api_keys import ApiKey
from schema.types.cases import Analysis, Annotation, Case, CaseConnection, Comment, Review, find_finding
from schema.types.exports import Export
from schema.types.images import Patient, Series, Stack, Study, find_patient
from schema.types.models import Model
from schema.types.nodes import Node
from schema.types.people import Invitation, Organization, User
from schema.types.uploads import Upload, UploadFile
from schema.types.viewer import Viewer, find_viewer
from schema.types.worklist import CaseFilter

MOST_NODES = 100


@strawberry.type
class Query:
    @described("Null when signed out.")
    async def viewer(self, info: Info) -> Viewer | None:
        return await find_viewer(info)

    @strawberry.field
    async def node(self, info: Info, id: strawberry.ID) -> Node | None:
        info.context.get_actor()
        return await find_node(info, id)

    @described("At most 100.")
    async def nodes(self, info: Info, ids: list[strawberry.ID]) -> list[Node | None]:
        info.context.get_actor()
        if len(ids) > MOST_NODES:
            raise Invalid(f"Ask for at most {MOST_NODES} nodes at once.", ["ids"])
        return list(await asyncio.gather(*(find_node(info, id) for id in ids)))

    @strawberry.field
    async def case(self, info: Info, id: strawberry.ID) -> Case | None:
        info.context.get_actor()
        key = find_key(id, "Case")
        found = await _case(info, key) if key else None
        if found is None:
            info.context.reads.seek(Action.CASE_SEE, "Case", key)
        return found

    @strawberry.field
    async def cases(
        self,
        info: Info,
        first: int | None = strawberry.UNSET,
        after: str | None = strawberry.UNSET,
        last: int | None = strawberry.UNSET,
        before: str | None = strawberry.UNSET,
        filter: CaseFilter | None = strawberry.UNSET,
        order: CaseOrder = CaseOrder.MOST_URGENT,
    ) -> CaseConnection:
        asked = request_of(first, after, last, before)
        wanted = given(filter)
        chosen = wanted.chosen() if wanted else ChosenCases()
        page, total = await read_page(info, lambda uow: cases.list_cases(uow, chosen, order, asked))
        return connection([Case.of(row) for row in await info.context.refreshed(page.rows)], page, total)

    @described("Null unless the viewer is an administrator.")
    def administration(self, info: Info) -> Administration | None:
        actor = info.context.actor
        if actor is not None and is_allowed(actor, Action.USER_ADMINISTER):
            return Administration()
        info.context.reads.refuse("administration:see")
        return None

    @strawberry.field
    async def models(self, info: Info) -> list[Model]:
        info.context.get_actor()
        async with info.context.reading() as uow:
            names = [(model.name, model.version) for model in await analyses.list_models(uow)]
        found = await info.context.loaders.models.load_many(names)
        return [Model.of(*model) for model in found if model]


async def find_node(info: Info, id: str) -> Node | None:
    type_name, _ = parse_id(id)
    if type_name == "Model":
        return await _model(info, id)
    find, key = FINDERS.get(type_name), find_key(id, type_name)
    if find is None or key is None:
        return None
    found = await find(info, key)
    if found is None:
        info.context.reads.seek(action_of(type_name), type_name, key)
    elif type_name not in HARMLESS:
        info.context.reads.see(action_of(type_name), type_name, [key])
    return found


async def _case(info: Info, key: UUID) -> Case | None:
    row = await info.context.loaders.cases.load(key)
    return Case.of(row) if row else None


async def _study(info: Info, key: UUID) -> Study | None:
    row = await info.context.loaders.studies.load(key)
    return Study.of(row) if row else None


async def _series(info: Info, key: UUID) -> Series | None:
    row = await info.context.loaders.series.load(key)
    return Series.of(row) if row else None


async def _stack(info: Info, key: UUID) -> Stack | None:
    row = await info.context.loaders.stacks.load(key)
    return Stack.of(row) if row else None


async def _patient(info: Info, key: UUID) -> Patient | None:
    """Of a case whose patient the viewer may know."""
    return await find_patient(info, key) if await info.context.loaders.identity_of_patient.load(key) else None


async def _analysis(info: Info, key: UUID) -> Analysis | None:
    row = await info.context.loaders.analyses.load(key)
    return Analysis.of(row) if row else None


async def _comment(info: Info, key: UUID) -> Comment | None:
    row = await info.context.loaders.comments.load(key)
    return Comment.of(row) if row else None


async def _annotation(info: Info, key: UUID) -> Annotation | None:
    row = await info.context.loaders.annotations.load(key)
    return Annotation.of(row) if row else None


async def _review(info: Info, key: UUID) -> Review | None:
    row = await info.context.loaders.reviews.load(key)
    return Review.of(row) if row else None


async def _upload(info: Info, key: UUID) -> Upload | None:
    async with info.context.reading() as uow:
        row = await uploads.find(uow, key)
    return Upload.of(row) if row else None


async def _upload_file(info: Info, key: UUID) -> UploadFile | None:
    async with info.context.reading() as uow:
        row = await uploads.find_file(uow, key)
    return UploadFile.of(row) if row else None


async def _export(info: Info, key: UUID) -> Export | None:
    async with info.context.reading() as uow:
        row = await exports.find(uow, key)
    return Export.of(row) if row else None


async def _user(info: Info, key: UUID) -> User | None:
    actor = info.context.get_actor()
    row = await info.context.loaders.users.load(key)
    if row is None or not sees_user(actor, row.key, row.organization_key, Role(row.role)):
        return None
    return User.of(row, actor)


async def _organization(info: Info, key: UUID) -> Organization | None:
    row = await info.context.loaders.organizations.load(key)
    return Organization.of(row) if row and row.key == info.context.get_actor().organization_key else None


async def _invitation(info: Info, key: UUID) -> Invitation | None:
    if not is_allowed(info.context.get_actor(), Action.USER_ADMINISTER):
        return None
    async with info.context.reading() as uow:
        row = await accounts.find_invitation(uow, key)
    return Invitation.of(row) if row else None


async def _api_key(info: Info, key: UUID) -> ApiKey | None:
    row = await info.context.loaders.api_keys.load(key)
    return ApiKey.of(row) if row else None


async def _model(info: Info, id: str) -> Model | None:
    name = find_model(id)
    found = await info.context.loaders.models.load(name) if name else None
    return Model.of(*found) if found else None


FINDERS: dict[str, Callable[[Info, UUID], Awaitable[Node | None]]] = {
    "Analysis": _analysis,
    "Annotation": _annotation,
    "ApiKey": _api_key,
    "Case": _case,
    "Export": _export,
    "Comment": _comment,
    "Finding": find_finding,
    "Review": _review,
    "Invitation": _invitation,
    "Organization": _organization,
    "Patient": _patient,
    "Series": _series,
    "Stack": _stack,
    "Study": _study,
    "Upload": _upload,
    "UploadFile": _upload_file,
    "User": _user,
}
