"""An upload as a client sees it: announced, sent in parts, resumed, ended."""

from uuid import UUID

import pytest

from api.persistence import tables
from schema.node_ids import find_key, node_id
from tests.schema.edge import Edge
from tests.schema.rows import Rows

MIB = 1 << 20
FILES = "files { totalCount edges { node { id index name size received } } }"
CREATE = f"""mutation($i: CreateUploadInput!) {{ createUpload(input: $i) {{
  upload {{ id status progress {FILES} }} errors {{ code field }} }} }}"""
COMPLETE = """mutation($i: CompleteUploadInput!) { completeUpload(input: $i) {
  upload { status } errors { code field } } }"""
PARTS = """query($id: ID!, $after: String) { node(id: $id) { ... on UploadFile { received
  parts(first: 2, after: $after, pending: true) { totalCount pageInfo { hasNextPage endCursor }
    edges { node { number offset size method url headers { name value } expiresAt received } } } } } }"""
OUTCOME = """query($id: ID!) { node(id: $id) { ... on Upload { accepted duplicates
  rejections { totalCount edges { node { path code message file { index } } } }
  cases { totalCount edges { node { title } } } } } }"""


async def create(edge: Edge, who: str = "clinician", key: str | None = None) -> dict[str, object]:
    files = [{"name": "a.zip", "size": 20 * MIB}, {"name": "b.dcm", "size": 5}]
    payload = await edge.data(CREATE, {"i": {"files": files, "title": "Mine", "idempotencyKey": key}}, who)
    assert payload["createUpload"]["errors"] == []
    upload: dict[str, object] = payload["createUpload"]["upload"]
    return upload


async def test_an_upload_says_where_each_part_goes(edge: Edge) -> None:
    upload = await create(edge)
    file = upload["files"]["edges"][0]["node"]  # type: ignore[index] # plain JSON

    first = (await edge.data(PARTS, {"id": file["id"]}, "clinician"))["node"]
    asked = {"id": file["id"], "after": first["parts"]["pageInfo"]["endCursor"]}
    rest = (await edge.data(PARTS, asked, "clinician"))["node"]

    assert (file["index"], file["name"], file["size"], file["received"]) == (0, "a.zip", 20 * MIB, False)
    parts = [edge["node"] for edge in first["parts"]["edges"] + rest["parts"]["edges"]]
    assert [(part["number"], part["offset"], part["size"]) for part in parts] == [
        (1, 0, 8 * MIB),
        (2, 8 * MIB, 8 * MIB),
        (3, 16 * MIB, 4 * MIB),
    ]
    assert {part["method"] for part in parts} == {"PUT"}
    assert (first["parts"]["totalCount"], rest["parts"]["pageInfo"]["hasNextPage"]) == (3, False)


async def test_an_upload_is_its_owners_alone(edge: Edge) -> None:
    upload = await create(edge)
    file = upload["files"]["edges"][0]["node"]  # type: ignore[index] # plain JSON
    node = "query($id: ID!) { node(id: $id) { id } }"

    own = [await edge.data(node, {"id": id}, "clinician") for id in (upload["id"], file["id"])]
    others = [await edge.data(node, {"id": id}, "colleague") for id in (upload["id"], file["id"])]
    ended = await edge.data(COMPLETE, {"i": {"uploadId": upload["id"]}}, "colleague")

    assert own == [{"node": {"id": upload["id"]}}, {"node": {"id": file["id"]}}]
    assert others == [{"node": None}] * 2
    assert ended["completeUpload"] == {"upload": None, "errors": [{"code": "NOT_FOUND", "field": ["uploadId"]}]}


async def test_an_upload_is_not_complete_before_its_parts_are_there(edge: Edge) -> None:
    upload = await create(edge)

    early = await edge.data(COMPLETE, {"i": {"uploadId": upload["id"]}}, "clinician")

    assert early["completeUpload"]["errors"][0]["code"] == "CONFLICT"


async def test_an_upload_announced_twice_with_one_key_is_one(edge: Edge) -> None:
    first, second = await create(edge, key="k"), await create(edge, key="k")
    listed = await edge.data("{ viewer { uploads { totalCount edges { node { id } } } } }", who="clinician")

    assert first["id"] == second["id"]
    assert listed["viewer"]["uploads"] == {"totalCount": 1, "edges": [{"node": {"id": first["id"]}}]}


async def test_what_became_of_an_upload_is_told(edge: Edge, rows: Rows) -> None:
    upload = await create(edge)
    made = await rows.case()
    key = find_key(str(upload["id"]), "Upload")
    file_key = find_key(upload["files"]["edges"][0]["node"]["id"], "UploadFile")  # type: ignore[index] # plain JSON
    assert isinstance(key, UUID)
    assert isinstance(file_key, UUID)
    async with edge.house.unit_of_work() as uow:
        for path, outcome, code in (
            ("1", "ACCEPTED", None),
            ("2", "DUPLICATE", None),
            ("3.txt", "REJECTED", "CORRUPT"),
        ):
            row = tables.UploadInstance(upload_key=key, file_key=file_key, path=path, outcome=outcome, code=code)
            row.message = "It ends too early." if code else None
            uow.session.add(row)
        uow.session.add(tables.UploadCase(upload_key=key, case_key=made.case.key))

    told = (await edge.data(OUTCOME, {"id": upload["id"]}, "clinician"))["node"]

    assert (told["accepted"], told["duplicates"]) == (1, 1)
    assert told["rejections"]["edges"] == [
        {"node": {"path": "3.txt", "code": "CORRUPT", "message": "It ends too early.", "file": {"index": 0}}}
    ]
    assert told["cases"] == {"totalCount": 1, "edges": [{"node": {"title": made.case.title}}]}


async def test_an_analysis_is_asked_for_and_called_off(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    start = """mutation($i: StartAnalysisInput!) { startAnalysis(input: $i) {
      analysis { id status stage model { name active } stack { id } case { status latestAnalysis { id } } }
      errors { code field } } }"""
    cancel = "mutation($i: CancelAnalysisInput!) { cancelAnalysis(input: $i) { analysis { status } errors { code } } }"
    asked = {
        "caseId": node_id("Case", made.case.key),
        "stackId": node_id("Stack", made.stack.key),
        "idempotencyKey": "k",
    }

    first = (await edge.data(start, {"i": asked}, "clinician"))["startAnalysis"]
    again = (await edge.data(start, {"i": asked}, "clinician"))["startAnalysis"]
    ended = await edge.data(cancel, {"i": {"analysisId": first["analysis"]["id"]}}, "clinician")
    as_patient = await edge.data(start, {"i": asked}, "patient")
    no_model = await edge.data(start, {"i": {**asked, "modelId": "nonsense"}}, "clinician")

    assert first["errors"] == []
    assert first["analysis"]["status"] == "QUEUED"
    assert first["analysis"]["case"] == {"status": "ANALYZING", "latestAnalysis": {"id": first["analysis"]["id"]}}
    assert again["analysis"]["id"] == first["analysis"]["id"]
    assert ended["cancelAnalysis"] == {"analysis": {"status": "CANCELLED"}, "errors": []}
    assert as_patient["startAnalysis"]["errors"] == [{"code": "NOT_FOUND", "field": ["caseId"]}]
    assert no_model["startAnalysis"]["errors"] == [{"code": "NOT_FOUND", "field": ["modelId"]}]


@pytest.mark.parametrize("who", ["colleague", "clinician"])
async def test_a_case_is_renamed_by_colleagues_and_deleted_by_its_owner(edge: Edge, rows: Rows, who: str) -> None:
    made = await rows.case()
    case_id = node_id("Case", made.case.key)
    rename = "mutation($i: UpdateCaseInput!) { updateCase(input: $i) { case { title status } errors { code field } } }"
    delete = "mutation($i: DeleteCaseInput!) { deleteCase(input: $i) { ok errors { code field } } }"

    renamed = await edge.data(rename, {"i": {"caseId": case_id, "title": " New  name ", "archived": True}}, who)
    nameless = await edge.data(rename, {"i": {"caseId": case_id, "title": " "}}, who)
    deleted = await edge.data(delete, {"i": {"caseId": case_id, "reason": "a test"}}, who)
    found = await edge.data("query($id: ID!) { case(id: $id) { id } }", {"id": case_id}, "clinician")

    assert renamed["updateCase"]["case"] == {"title": "New name", "status": "ARCHIVED"}
    assert nameless["updateCase"]["errors"] == [{"code": "INVALID", "field": ["title"]}]
    assert deleted["deleteCase"]["ok"] is (who == "clinician")
    assert (found["case"] is None) is (who == "clinician")
