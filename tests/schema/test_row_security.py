"""GraphQL with every filter and check of the application gone: row security alone still shows each what is theirs."""

import pytest

from schema.node_ids import node_id
from tests.belongings import remove_every_filter
from tests.schema.edge import Edge
from tests.schema.rows import MadeCase, Rows

LIST = "{ cases(first: 100) { totalCount edges { node { id } } } }"
NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
CASE = "query ($id: ID!) { case(id: $id) { title participants { access } } }"
SEEN = {
    "clinician": {"own", "patient's"},
    "colleague": {"own", "patient's"},
    "patient": {"patient's", "shared"},
    "administrator": set[str](),
    "stranger": {"foreign", "shared"},
}


def ids_of(made: MadeCase) -> list[str]:
    return [
        *(node_id("Case", made.case.key), node_id("Patient", made.patient.key), node_id("Study", made.study.key)),
        *(node_id("Series", made.series.key), node_id("Stack", made.stack.key)),
        *(node_id("Analysis", made.analysis.key), node_id("Finding", made.findings[0].key)),
    ]


@pytest.mark.parametrize("who", SEEN)
async def test_with_every_filter_removed_nothing_of_others_is_answered(
    edge: Edge, rows: Rows, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    owners = {"own": "clinician", "patient's": "patient", "foreign": "stranger", "shared": "stranger"}
    made = {name: await rows.case(owner) for name, owner in owners.items()}
    await rows.share(made["shared"], "patient")
    remove_every_filter(monkeypatch)

    listed = (await edge.data(LIST, who=who))["cases"]
    nodes = {
        name: [node is not None for node in (await edge.data(NODES, {"ids": ids_of(one)}, who))["nodes"]]
        for name, one in made.items()
    }
    cases = {
        name: (await edge.data(CASE, {"id": node_id("Case", one.case.key)}, who))["case"] for name, one in made.items()
    }

    assert {edge["node"]["id"] for edge in listed["edges"]} == {ids_of(made[name])[0] for name in SEEN[who]}
    assert listed["totalCount"] == len(SEEN[who])
    assert {name for name, found in nodes.items() if any(found)} == SEEN[who]
    assert all(all(nodes[name][:5]) for name in SEEN[who])  # of analyses patients see none, by their role
    assert {name for name, case in cases.items() if case is not None} == SEEN[who]
