"""Drawing over the edge: what the tests of annotations share."""

from typing import Any

from numpy.typing import NDArray
from sqlalchemy import select
from sqlmodel import col

from api.imaging import htj2k
from api.persistence.tables import Frame
from schema.node_ids import node_id
from tests.schema.edge import Edge
from tests.schema.reading import id_of
from tests.schema.rows import MadeCase

Json = dict[str, Any]

FIELDS = """id kind points { x y } label note quantities { name value unit } deleted createdAt updatedAt
  by { displayName } case { id } missedBy { id } anchor { frameIndex box { left width } stack { id } finding { id } }"""
SAVE = f"""mutation ($input: SaveAnnotationInput!) {{ saveAnnotation(input: $input) {{
  annotation {{ {FIELDS} }} errors {{ code message field }} }} }}"""
DELETE = f"""mutation ($id: ID!) {{ deleteAnnotation(input: {{annotationId: $id}}) {{
  annotation {{ {FIELDS} }} errors {{ code field }} }} }}"""
ANNOTATIONS = f"""query ($id: ID!, $first: Int, $after: String) {{ case(id: $id) {{
  annotations(first: $first, after: $after) {{ totalCount pageInfo {{ hasNextPage endCursor }}
    edges {{ node {{ {FIELDS} }} }} }} }} }}"""
LINE = [{"x": 10, "y": 20}, {"x": 40, "y": 60}]


async def save(edge: Edge, who: str = "clinician", **given: Any) -> Json:
    answer: Json = (await edge.data(SAVE, {"input": given}, who))["saveAnnotation"]
    return answer


async def draw(edge: Edge, made: MadeCase, who: str = "clinician", **more: Any) -> Json:
    """A line in the second frame, where nothing else is said."""
    given = {"caseId": id_of(made), "kind": "LENGTH", "anchor": place(made), "points": LINE, **more}
    return await save(edge, who, **given)


async def erase(edge: Edge, id: str, who: str = "clinician") -> Json:
    answer: Json = (await edge.data(DELETE, {"id": id}, who))["deleteAnnotation"]
    return answer


async def listed(edge: Edge, made: MadeCase, who: str = "clinician") -> Json:
    found: Json = (await edge.data(ANNOTATIONS, {"id": id_of(made)}, who))["case"]["annotations"]
    return found


def place(made: MadeCase, frame_index: int = 1) -> Json:
    return {"stackId": node_id("Stack", made.stack.key), "frameIndex": frame_index}


def box(left: float, top: float, right: float, bottom: float) -> list[Json]:
    return [{"x": left, "y": top}, {"x": right, "y": bottom}]


def measured(answer: Json) -> dict[str, Any]:
    """Value and unit by name."""
    return {found["name"]: (found["value"], found["unit"]) for found in answer["annotation"]["quantities"]}


async def put_frame(edge: Edge, made: MadeCase, pixels: NDArray[Any] | bytes, frame_index: int = 1) -> None:
    """Store what a frame of the case holds: pixels, or a codestream that may be none."""
    async with edge.house.sessions() as session:
        statement = select(Frame).where(col(Frame.key) == made.stack.frame_keys[frame_index])
        frame = (await session.execute(statement)).scalar_one()
    content = pixels if isinstance(pixels, bytes) else htj2k.encode(pixels)
    await edge.house.store.put(f"frames/{frame.instance_key}/{frame.frame_number}", content)
