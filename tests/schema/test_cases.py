"""The worklist and what hangs on a case, as each role sees it."""

import pytest

from api.permissions import Scope
from schema.node_ids import node_id
from tests.applications import make_key
from tests.schema.edge import Edge
from tests.schema.rows import Rows
from tests.statements import counted_statements

MOST_STATEMENTS = 12

WORKLIST = """
query($first: Int, $after: String, $last: Int, $before: String, $order: CaseOrder! = MOST_URGENT, $filter: CaseFilter) {
  cases(first: $first, after: $after, last: $last, before: $before, order: $order, filter: $filter) {
    totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor node { id title urgency } }
  }
}"""

TREE = """{ cases { totalCount edges { node { id title status urgency
  studies { id modalities series { id modality stacks { id frameCount warnings { code } } } }
  latestAnalysis { status progress findings { label probability diameterMm } }
} } } }"""

WHOLE = """query($id: ID!) { case(id: $id) { title status urgency patient { name patientId } priors { id } viewerCan
  studies { studyInstanceUid accessionNumber patient { name } series { seriesInstanceUid
    stacks { windows { name center width } frames { urlTemplate mediaType } previews { mediaType }
      frameTable { index sopInstanceUid frameNumber position { x y z } rescaleIntercept } } } }
  latestAnalysis { status } analyses { totalCount edges { node { id } } }
  participants { access user { displayName email } }
} }"""


async def test_a_list_of_cases_asks_the_database_a_fixed_number_of_times(edge: Edge, rows: Rows) -> None:
    await edge.token("clinician")
    await rows.case()
    with counted_statements(edge.served) as one:
        await edge.data(TREE, who="clinician")
    for _ in range(24):
        await rows.case()

    with counted_statements(edge.served) as many:
        found = await edge.data(TREE, who="clinician")

    assert len(found["cases"]["edges"]) == 25
    assert len(many) == len(one), many
    assert len(many) <= MOST_STATEMENTS, "\n".join(many)


async def test_worklist_is_paged_forwards_and_backwards_without_gaps(edge: Edge, rows: Rows) -> None:
    made = [await rows.case() for _ in range(5)]
    newest_first = [node_id("Case", one.case.key) for one in reversed(made)]

    seen: list[str] = []
    after = None
    while True:
        page = (await edge.data(WORKLIST, {"first": 2, "after": after, "order": "NEWEST"}, "clinician"))["cases"]
        seen += [one["node"]["id"] for one in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    last = (await edge.data(WORKLIST, {"last": 2, "order": "NEWEST"}, "clinician"))["cases"]
    back = {"last": 2, "before": last["pageInfo"]["startCursor"], "order": "NEWEST"}
    before = (await edge.data(WORKLIST, back, "clinician"))["cases"]

    assert seen == newest_first
    assert [one["node"]["id"] for one in last["edges"]] == newest_first[-2:]
    assert [one["node"]["id"] for one in before["edges"]] == newest_first[-4:-2]
    assert before["pageInfo"]["hasPreviousPage"] is True
    assert before["totalCount"] == 5


async def test_a_page_that_cannot_be_is_invalid(edge: Edge) -> None:
    wrong: list[tuple[dict[str, object], str]] = [
        ({"first": 2, "last": 2}, "first"),
        ({"first": 101}, "first"),
        ({"last": -1}, "last"),
        ({"after": "x"}, "after"),
    ]
    for arguments, field in wrong:
        answer = await edge.ask(WORKLIST, arguments, "clinician")

        assert answer["errors"][0]["extensions"]["code"] == "INVALID"
        assert f"`{field}`" in answer["errors"][0]["message"]


async def test_worklist_is_filtered_and_most_urgent_first(edge: Edge, rows: Rows) -> None:
    await rows.case(title="Routine one", urgency="ROUTINE")
    await rows.case(title="Urgent one", urgency="URGENT")
    await rows.case(title="Priority one", urgency="PRIORITY")

    everything = await edge.data(WORKLIST, {}, "clinician")
    urgent = await edge.data(WORKLIST, {"filter": {"urgency": ["URGENT"], "status": None}}, "clinician")
    named = await edge.data(WORKLIST, {"filter": {"text": "doe^jane3", "modality": ["CT"]}}, "clinician")

    titles = [edge["node"]["title"] for edge in everything["cases"]["edges"]]
    assert titles == ["Urgent one", "Priority one", "Routine one"]
    assert [edge["node"]["title"] for edge in urgent["cases"]["edges"]] == ["Urgent one"]
    assert [edge["node"]["title"] for edge in named["cases"]["edges"]] == ["Priority one"]


async def test_a_clinician_sees_the_whole_case(edge: Edge, rows: Rows) -> None:
    made = await rows.case()

    case = (await edge.data(WHOLE, {"id": node_id("Case", made.case.key)}, "colleague"))["case"]

    assert case["patient"] == {"name": "Doe^Jane1", "patientId": "P1"}
    assert case["urgency"] == "URGENT"
    assert case["latestAnalysis"] == {"status": "SUCCEEDED"}
    assert case["analyses"]["totalCount"] == 1
    assert case["participants"] == [
        {"access": "OWNER", "user": {"displayName": "Clinician", "email": "clinician@test.example"}}
    ]
    study = case["studies"][0]
    assert study["studyInstanceUid"] == made.study.study_instance_uid
    stack = study["series"][0]["stacks"][0]
    assert stack["windows"] == [{"name": "Lung", "center": -600.0, "width": 1500.0}]
    assert stack["frames"]["mediaType"] == "image/jphc"
    assert "{index}" in stack["frames"]["urlTemplate"]
    assert [frame["position"]["z"] for frame in stack["frameTable"]] == [0.0, 5.0, 10.0]
    assert [frame["sopInstanceUid"] for frame in stack["frameTable"]] == [
        f"{made.series.series_instance_uid}.{i}" for i in (1, 2, 3)
    ]


async def test_a_patient_sees_images_of_their_case_but_nothing_of_analyses(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await rows.share(made, "patient")

    case = (await edge.data(WHOLE, {"id": node_id("Case", made.case.key)}, "patient"))["case"]
    asked = {"ids": [node_id("Analysis", made.analysis.key), node_id("Finding", made.findings[0].key)]}
    nodes = await edge.data("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", asked, "patient")
    urgent = await edge.data(WORKLIST, {"filter": {"urgency": ["URGENT"]}}, "patient")

    assert case["studies"][0]["series"][0]["stacks"][0]["frames"]["urlTemplate"]
    assert case["urgency"] is None
    assert case["latestAnalysis"] is None
    assert case["analyses"] == {"totalCount": 0, "edges": []}
    assert case["viewerCan"] == ["COMMENT", "DOWNLOAD"]
    assert nodes == {"nodes": [None, None]}
    assert urgent["cases"]["totalCount"] == 0


async def test_an_application_without_the_scope_sees_no_identity(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    edge.tokens["application"] = (await make_key(edge.house, rows.actor("administrator"), Scope.CASES_READ)).secret

    case = (await edge.data(WHOLE, {"id": node_id("Case", made.case.key)}, "application"))["case"]
    asked = {"id": node_id("Patient", made.patient.key)}
    node = await edge.data("query($id: ID!) { node(id: $id) { id } }", asked, "application")

    assert case["patient"] is None
    study = case["studies"][0]
    assert (study["studyInstanceUid"], study["accessionNumber"], study["patient"]) == (None, None, None)
    assert study["series"][0]["seriesInstanceUid"] is None
    assert {frame["sopInstanceUid"] for frame in study["series"][0]["stacks"][0]["frameTable"]} == {None}
    assert case["latestAnalysis"] == {"status": "SUCCEEDED"}
    assert node == {"node": None}


@pytest.mark.parametrize("who", ["stranger", "patient", "administrator"])
async def test_what_one_may_not_see_does_not_exist(edge: Edge, rows: Rows, who: str) -> None:
    made = await rows.case()
    keys = {
        "Case": made.case.key,
        "Patient": made.patient.key,
        "Study": made.study.key,
        "Series": made.series.key,
        "Stack": made.stack.key,
        "Analysis": made.analysis.key,
        "Finding": made.findings[0].key,
    }
    ids = [node_id(name, key) for name, key in keys.items()]

    nodes = await edge.data("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ids}, who)
    case = await edge.data("query($id: ID!) { case(id: $id) { id } }", {"id": ids[0]}, who)
    listed = await edge.data(WORKLIST, {}, who)
    renamed = await edge.data(
        "mutation($input: UpdateCaseInput!) { updateCase(input: $input) { case { id } errors { code field } } }",
        {"input": {"caseId": ids[0], "title": "Mine now"}},
        who,
    )

    assert nodes == {"nodes": [None] * len(ids)}
    assert case == {"case": None}
    assert listed["cases"]["totalCount"] == 0
    assert renamed["updateCase"] == {"case": None, "errors": [{"code": "NOT_FOUND", "field": ["caseId"]}]}


async def test_every_kind_of_node_is_found_again_by_its_id(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    models = await edge.data("{ models { id active ready labels } }", who="clinician")
    model_id = models["models"][0]["id"]
    people = rows.people
    ids = {
        node_id("Case", made.case.key): "Case",
        node_id("Patient", made.patient.key): "Patient",
        node_id("Study", made.study.key): "Study",
        node_id("Series", made.series.key): "Series",
        node_id("Stack", made.stack.key): "Stack",
        node_id("Analysis", made.analysis.key): "Analysis",
        node_id("Finding", made.findings[0].key): "Finding",
        node_id("User", people["colleague"].key): "User",
        node_id("Organization", people["colleague"].organization_key): "Organization",
        model_id: "Model",
    }

    found = await edge.data(
        "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }", {"ids": list(ids)}, "clinician"
    )
    other = {"ids": [node_id("User", people["stranger"].key), node_id("Case", people["clinician"].key), "nonsense"]}
    nothing = await edge.data("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", other, "clinician")

    assert {one["id"]: one["__typename"] for one in found["nodes"]} == ids
    assert nothing == {"nodes": [None, None, None]}
