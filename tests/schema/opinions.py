"""Feedback over the edge: what its tests share."""

from typing import Any

from schema.node_ids import node_id
from tests.schema.edge import Edge
from tests.schema.reading import id_of
from tests.schema.rows import MadeCase

Json = dict[str, Any]

FIELDS = "id agreement correctedLabel note at by { displayName } finding { id }"
GIVE = f"""mutation ($input: GiveFeedbackInput!) {{ giveFeedback(input: $input) {{
  analysis {{ id feedback {{ {FIELDS} }} }} errors {{ code message field }} }} }}"""
FEEDBACK = f"query ($id: ID!) {{ case(id: $id) {{ latestAnalysis {{ feedback {{ {FIELDS} }} }} }} }}"


async def give(edge: Edge, made: MadeCase, who: str = "clinician", agreement: str = "AGREE", **more: Any) -> Json:
    """On the analysis as a whole, unless a finding is named."""
    given = {"analysisId": analysis_of(made), "agreement": agreement, **more}
    answer: Json = (await edge.data(GIVE, {"input": given}, who))["giveFeedback"]
    return answer


async def listed(edge: Edge, made: MadeCase, who: str = "clinician") -> list[Json]:
    found: list[Json] = (await edge.data(FEEDBACK, {"id": id_of(made)}, who))["case"]["latestAnalysis"]["feedback"]
    return found


async def said(edge: Edge, made: MadeCase, who: str = "clinician") -> list[tuple[str, str, bool]]:
    """Who, what, and whether of a finding."""
    return [
        (each["by"]["displayName"], each["agreement"], each["finding"] is not None)
        for each in await listed(edge, made, who)
    ]


def analysis_of(made: MadeCase) -> str:
    return str(node_id("Analysis", made.analysis.key))


def finding_of(made: MadeCase, ordinal: int = 0) -> str:
    return str(node_id("Finding", made.findings[ordinal].key))
