"""The worklist and what hangs on a case, as each role sees it."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from api.unit_of_work import House
from schema.node_ids import node_id
from tests.schema.edge import Edge
from tests.schema.rows import Rows

MOST_STATEMENTS = 12

WORKLIST = """
query($first: Int, $after: String, $last: Int, $before: String, $order: CaseOrder! = MOST_URGENT, $filter: CaseFilter) {
  cases(first: $first, after: $after, last: $last, before: $before, order: $order, filter: $filter) {
    totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor node { id title urgency } }
  }
}"""

TREE = """{ cases { totalCount edges { node { id title status urgency viewerCan
  patient { name } createdBy { displayName }
  studies { studyInstanceUid modalities series { id modality seriesInstanceUid stacks { id frameCount warnings { code } } } }
  latestAnalysis { status progress stack { id } findings { label anchor { frameIndex stack { id } box { left } } } }
} } } }"""

WHOLE = """query($id: ID!) { case(id: $id) { title status urgency patient { name patientId } priors { id } viewerCan
  studies { studyInstanceUid patient { name } series { seriesInstanceUid
    stacks { windows { name center width } frames { urlTemplate mediaType } previews { mediaType }
      frameTable { index sopInstanceUid frameNumber position { x y z } rescaleIntercept } } } }
  latestAnalysis { status } analyses { totalCount edges { node { id } } }
  participants { access user { displayName email } }
} }"""


@contextmanager
def counted_statements(house: House) -> Iterator[list[str]]:
    engine = house.sessions.kw["bind"].sync_engine
    statements: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def test_a_list_of_cases_asks_the_database_a_fixed_number_of_times(edge: Edge, rows: Rows) -> None:
    await edge.token("clinician")
    await rows.case()
    with counted_statements(edge.house) as one:
        await edge.data(TREE, who="clinician")
    for _ in range(24):
        await rows.case()

    with counted_statements(edge.house) as many:
        found = await edge.data(TREE, who="clinician")

    assert len(found["cases"]["edges"]) == 25
    assert len(many) == len(one), many
    assert len(many) <= 16, "\n".join(many)
