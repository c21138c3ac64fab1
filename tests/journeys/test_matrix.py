"""Who may do what: everything that can be asked for, by everybody, of everything, compared with the permission table.

What there is to ask for is read from the schema and from the routes; which right each needs stands in the tables of
`tests/matrix`, by name. So whatever is new fails here until it has its row, and the message says which:

    Query.x, Mutation.x, Subscription.x, an event  a row in `tests/matrix/operations.py`
    a type of Node                                 an id in `tests/matrix/world.py` and a row in `nodes.py`
    Type.field                                     a row in `tests/matrix/fields.py`
    a route                                        a row in `tests/matrix/routes.py`

What one may not see is answered as what is not there: to the byte, and in time as far as can be measured. Seats, their
credentials and what there is to see are made in `tests/matrix/world.py`.
"""

import random
import statistics
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from graphql import build_schema, is_object_type

from api.app import routes_of
from api.backends import Backends, open_backends
from api.events import reading
from api.events.append import Stream
from api.events.cursor import Cursor
from api.permissions import Role
from schema import export_schema
from schema.context import viewer_streams
from tests.conftest import fresh_database, quick_settings
from tests.matrix import news
from tests.matrix.asking import NULL, Answer, Matrix, left
from tests.matrix.fields import FIELDS, MASKS, MAY_BE_EMPTY, refused_to
from tests.matrix.holdings import Situation, absent_first, is_there, type_of
from tests.matrix.missing import routes_without_row, without_row
from tests.matrix.nodes import NAMED, NODES
from tests.matrix.operations import EVENTS, MUTATIONS, QUERIES, SUBSCRIPTIONS
from tests.matrix.routes import ROUTES, SEALED, Open
from tests.matrix.rules import OK
from tests.matrix.seats import Seat
from tests.matrix.selections import everything, is_node, own_fields
from tests.matrix.world import fresh_token, make_world
from tests.schema.edge import serve_edge
from tests.served import as_api

pytestmark = pytest.mark.asyncio(loop_scope="module")

SCHEMA = build_schema(export_schema())
# So that nothing is refused for being asked too often, or for being one too many.
UNLIMITED = {
    **dict.fromkeys(
        ("query_cost", "person_cost_bucket", "api_key_cost_bucket", "address_cost_bucket", "api_keys"), 1_000_000_000
    ),
    **dict.fromkeys(("anonymous_per_minute", "guesses_per_minute", "uploads_per_minute"), 1_000_000),
    **dict.fromkeys(("analyses_per_minute", "exports_per_minute", "comments_per_minute"), 1_000_000),
    **dict.fromkeys(("invitations_per_minute", "wrong_addresses_per_minute", "sockets_per_minute"), 1_000_000),
    **dict.fromkeys(("sign_in_attempts", "sign_in_attempts_per_client", "open_uploads", "open_exports"), 1_000_000),
}


@pytest.fixture(scope="module")
def database(postgresql: str) -> Iterator[str]:
    yield from fresh_database(postgresql)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def backends(database: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Backends]:
    settings = quick_settings(tmp_path_factory.mktemp("matrix") / "data").model_copy(update=UNLIMITED)
    async with open_backends(settings, database) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def matrix(backends: Backends, database: str) -> AsyncIterator[Matrix]:
    """The world is made with a worker's eyes; what answers is logged in as the API is, with row security beneath it."""
    world = await make_world(backends.house)
    async with as_api(backends.house, database) as served:
        routes = routes_of(replace(backends, house=served))
        async with serve_edge(backends.house, {}, routes, served) as edge:
            edge.tokens |= world.tokens
            yield Matrix(world, edge, SCHEMA)


async def test_everything_that_can_be_asked_for_has_its_row(backends: Backends) -> None:
    missing = [*without_row(SCHEMA), *routes_without_row(backends)]

    assert not missing, "without a row:\n" + "\n".join(missing)


async def test_no_row_is_left_of_what_is_no_more(backends: Backends) -> None:
    types = {name: of for name, of in SCHEMA.type_map.items() if is_object_type(of)}
    fields = {f"{name}.{field}" for name, of in types.items() for field in own_fields(of)}
    roots = (SCHEMA.query_type, SCHEMA.mutation_type, SCHEMA.subscription_type)

    tables: tuple[Mapping[str, object], ...] = (QUERIES, MUTATIONS, SUBSCRIPTIONS)
    for table, root in zip(tables, roots, strict=True):
        assert root is not None
        assert set(table) - set(root.fields) == set()
    assert set(FIELDS) - fields == set()
    assert (MAY_BE_EMPTY | set(MASKS)) - set(FIELDS) == set()
    assert {type_of(noun) for noun in NODES} - {name for name, of in types.items() if is_node(SCHEMA, of)} == set()


@pytest.mark.parametrize("noun", NODES)
async def test_a_thing_shows_by_its_id_to_whom_the_table_says_and_so_do_its_fields(matrix: Matrix, noun: str) -> None:
    query, wrong = matrix.node_query(type_of(noun)), []

    for seat, held in matrix.world.everybody():
        said = {}
        for situation, holding in absent_first(held):
            answer = await matrix.ask(seat, query, {"id": holding.ids[noun]})
            said[situation] = answer.said
            may = seat.actor is not None and is_there(holding) and NODES[noun](seat.actor, holding)
            due = "UNAUTHENTICATED" if seat.actor is None else OK if may else NULL
            if answer.word("node") != due:
                wrong.append(f"{seat.name}, {situation}: {answer.word('node')}, not {due}")
            elif not may and answer.said != said[Situation.NOTHING]:
                wrong.append(f"{seat.name}, {situation}: not as if it were not there")
            elif may:
                wrong += matrix.faults(seat, holding, answer.data, is_whole=noun == type_of(noun))

    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("noun", NODES)
async def test_many_things_asked_for_at_once_show_as_each_would(matrix: Matrix, noun: str) -> None:
    query, wrong = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }", []

    for seat, held in matrix.world.everybody():
        answer = await matrix.ask(seat, query, {"ids": [holding.ids[noun] for holding in held.values()]})
        if seat.actor is None:
            assert answer.word("nodes") == "UNAUTHENTICATED"
            continue
        due = [is_there(holding) and NODES[noun](seat.actor, holding) for holding in held.values()]
        if [node is not None for node in answer.data["nodes"]] != due:
            wrong.append(f"{seat.name}: {answer.body['data']['nodes']}, not {due}")

    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("noun", NAMED)
async def test_what_has_no_place_of_its_own_is_no_node(matrix: Matrix, noun: str) -> None:
    for seat, held in matrix.world.everybody():
        if seat.actor is not None:
            answer = await matrix.ask(
                seat, "query($id: ID!) { node(id: $id) { id } }", {"id": held[Situation.OWN].ids[noun]}
            )
            assert answer.word("node") == NULL


@pytest.mark.parametrize(("name", "place"), [(name, i) for name, rows in MUTATIONS.items() for i in range(len(rows))])
async def test_a_mutation_is_done_for_whom_the_table_says(matrix: Matrix, name: str, place: int) -> None:
    row, query, wrong = MUTATIONS[name][place], matrix.mutation(name), []

    async def tell(seat: Seat, ids: Mapping[str, str]) -> Answer:
        given = row.given(ids)
        token = await fresh_token(matrix.world, seat) if row.ends else None
        return await matrix.ask(seat, query, {"input": given} if row.has_input else given, token)

    for seat, held in matrix.world.everybody():
        for situation, holding in absent_first(held):
            if row.once and situation is not Situation.NOTHING:
                break
            answer = await tell(seat, holding.ids)
            due = row.answers if row.permission is None else row.permission.verdict(seat, holding)
            due = row.answers if due == OK else due
            if answer.word(name) != due:
                wrong.append(f"{seat.name}, {situation}: {answer.word(name)}, not {due}")
            elif due != OK and left(answer.data.get(name)):
                wrong.append(f"{seat.name}, {situation}: refused, and told {left(answer.data.get(name))}")
            elif due == "NOT_FOUND" and is_there(holding):
                absent = await tell(seat, row.absent(holding, held[Situation.NOTHING]))
                if absent.said != answer.said:
                    wrong.append(f"{seat.name}, {situation}: not as if it were not there")
            elif seat.actor is not None:
                wrong += matrix.strangers(seat, answer.data)

    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", QUERIES)
async def test_a_query_is_answered_to_whom_the_table_says(matrix: Matrix, name: str) -> None:
    row, wrong = QUERIES[name], []

    for seat, held in matrix.world.everybody():
        for situation, holding in held.items():
            answer = await matrix.ask(seat, row.document, {"id": holding.ids["Case"]} if "$id" in row.document else {})
            may = seat.actor is not None and (not row.of_case or is_there(holding)) and row.rule(seat.actor, holding)
            due = row.nobody if seat.actor is None else OK if may else NULL
            if answer.word(name) != due:
                wrong.append(f"{seat.name}, {situation}: {answer.word(name)}, not {due}")

    assert not wrong, "\n".join(wrong)


async def test_a_worklist_holds_what_may_be_seen_and_nothing_else(matrix: Matrix) -> None:
    query = """query($after: String) { cases(first: 100, after: $after) {
      edges { node { __typename id } } pageInfo { endCursor hasNextPage } } }"""
    wrong = []

    for seat, held in matrix.world.everybody():
        if seat.actor is None:
            continue
        listed: set[str] = set()
        after, more = None, True
        while more:
            answer = await matrix.ask(seat, query, {"after": after})
            wrong += matrix.strangers(seat, answer.data)
            page = answer.data["cases"]
            listed |= {edge["node"]["id"] for edge in page["edges"]}
            after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        for situation, holding in held.items():
            due = is_there(holding) and NODES["Case"](seat.actor, holding)
            if (holding.ids["Case"] in listed) is not due:
                wrong.append(f"{seat.name}, {situation}: {'not ' if due else ''}listed")

    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", ["viewer", "administration"])
async def test_what_is_ones_own_shows_nothing_of_others(matrix: Matrix, name: str) -> None:
    of = matrix.type_of(name.capitalize())
    wrong = []

    for seat, held in matrix.world.everybody():
        refused = refused_to(matrix.world, seat, of)
        answer = await matrix.ask(seat, f"{{ {name} {everything(SCHEMA, of, refused)} }}")
        for field in refused:
            said = (await matrix.ask(seat, f"{{ {name} {{ {field} {{ __typename }} }} }}")).word(name)
            wrong += [] if said == "FORBIDDEN" else [f"{seat.name}: {field} is {said}"]
        may = seat.actor is not None and QUERIES[name].rule(seat.actor, held[Situation.OWN])
        if answer.word(name) != (OK if may else NULL):
            wrong.append(f"{seat.name}: {answer.word(name)}")
        elif may:
            wrong += matrix.faults(seat, held[Situation.OWN], answer.data)

    assert not wrong, "\n".join(wrong)


async def test_a_case_is_followed_by_whom_the_table_says_and_tells_each_what_it_may(matrix: Matrix) -> None:
    kinds = news.kinds(SCHEMA, "CaseEvent")
    told = news.everything_of(SCHEMA, kinds)
    query = f"subscription($id: ID!, $after: String) {{ caseEvents(caseId: $id, after: $after) {told} }}"
    wrong = []

    for seat, held in matrix.world.everybody():
        async with matrix.edge.socket(None if seat.actor is None else seat.name) as socket:
            for situation, holding in held.items():
                until = await news.of_case(matrix.world, holding)
                given = {"id": holding.ids["Case"], "after": str(Cursor(((Stream.CASE, 0),)))}
                heard, end = await news.hear(socket, query, given, situation.name, news.is_at(until))
                may = seat.actor is not None and is_there(holding) and SUBSCRIPTIONS["caseEvents"](seat.actor, holding)
                due = "UNAUTHENTICATED" if seat.actor is None else OK if may else "NOT_FOUND"
                if end != due:
                    wrong.append(f"{seat.name}, {situation}: {end}, not {due}")
                elif seat.actor is not None and may:
                    words = {event["__typename"] for event in heard}
                    if words != (allowed := {kind for kind in kinds if EVENTS[kind](seat.actor, holding)}):
                        wrong.append(f"{seat.name}, {situation}: {sorted(words)}, not {sorted(allowed)}")
                    wrong += matrix.faults(seat, holding, heard)

    assert not wrong, "\n".join(wrong)


async def test_ones_own_news_tell_of_what_may_be_seen_and_nothing_else(matrix: Matrix) -> None:
    told = news.everything_of(SCHEMA, news.kinds(SCHEMA, "ViewerEvent"))
    query = f"subscription($after: String) {{ viewerEvents(after: $after) {told} }}"
    wrong = []

    for seat, held in matrix.world.everybody():
        async with matrix.edge.socket(None if seat.actor is None else seat.name) as socket:
            if seat.actor is None:
                assert await news.hear(socket, query, {}, "nobody", bool) == ([], "UNAUTHENTICATED")
                continue
            async with matrix.world.house.unit_of_work(seat.actor) as uow:
                start = await reading.newest(uow.session, viewer_streams(seat.actor))
            for holding in held.values():
                await news.of_case(matrix.world, holding)
            await news.of_notification(matrix.world, seat.actor, held[Situation.OWN])
            await news.of_upload(matrix.world, seat.actor, held[Situation.OWN])
            heard, end = await news.hear(socket, query, {"after": str(start)}, "own", lambda event: "upload" in event)
        listed = {event["case"]["id"] for event in heard if event["__typename"] == "WorklistChanged"}
        due = {
            holding.ids["Case"]
            for holding in held.values()
            if holding.organization_key == seat.actor.organization_key
            and EVENTS["WorklistChanged"](seat.actor, holding)
        }
        arrived = [event["notification"]["id"] for event in heard if event["__typename"] == "NotificationArrived"]
        may_hear = EVENTS["NotificationArrived"](seat.actor, held[Situation.OWN])
        if arrived != ([held[Situation.OWN].ids["Notification"]] if may_hear else []):
            wrong.append(f"{seat.name}: {len(arrived)} notifications")
        if (end, listed) != (OK, due):
            wrong.append(f"{seat.name}: {end}, {len(listed)} cases, not {len(due)}")
        wrong += matrix.strangers(seat, heard)

    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", [name for name, row in ROUTES.items() if row is Open.PUBLIC])
async def test_a_public_route_answers_everybody_alike(matrix: Matrix, name: str) -> None:
    method, path = name.split(" ")
    answers = set()

    for seat, _ in matrix.world.everybody():
        headers = {"authorization": f"Bearer {matrix.world.tokens[seat.name]}"} if seat.actor else {}
        response = await matrix.edge.http.request(method, path, headers=headers)
        answers.add((response.status_code, response.content))

    assert len(answers) == 1


@pytest.mark.parametrize("name", SEALED)
async def test_a_sealed_address_opens_what_its_holder_may_see_and_nothing_else(matrix: Matrix, name: str) -> None:
    row, wrong = SEALED[name], list[str]()
    method = name.partition(" ")[0]

    for seat, held in matrix.world.everybody():
        if seat.actor is None:
            continue
        for situation, holding in held.items():
            if not row.given_to(seat.actor, holding):
                continue
            address = urlsplit(await row.sign(matrix.world, seat.actor, holding)).path
            forged = address[:12] + ("A" if address[12] != "A" else "B") + address[13:]
            answers = [await matrix.edge.http.request(method, path, content=row.body) for path in (address, forged)]
            opens = is_there(holding) and row.opens(seat.actor, holding)
            if (answers[0].status_code != 403) is not opens:
                wrong.append(f"{seat.name}, {situation}: {answers[0].status_code}")
            if answers[1].status_code != 403:
                wrong.append(f"{seat.name}, {situation}: forged, {answers[1].status_code}")

    assert not wrong, "\n".join(wrong)


# Of each: the document, and the noun that it is about.
NODE = "query($id: ID!) { node(id: $id) { id } }"
RENAME = """mutation($id: ID!) { updateCase(input: {caseId: $id, title: "New"}) { errors { code } } }"""
RELEASE = """mutation($id: ID!) { releaseReview(input: {reviewId: $id, summary: "Ok"}) { errors { code } } }"""
TIMED = {
    "case": (QUERIES["case"].document, "Case"),
    "analysis": (NODE, "Analysis"),
    "review": (NODE, "Review"),
    "renaming": (RENAME, "Case"),
    "releasing": (RELEASE, "unreleased"),
}
ROUNDS = 60
TRIES = 4  # a busy machine may spoil one; what tells two things apart would show in each
TOLERANCE = 0.1  # of the median; measured on two cores: 0.02 to 0.03


@pytest.mark.parametrize("name", TIMED)
@pytest.mark.parametrize(
    ("who", "whose"), [(Role.PATIENT, Situation.COLLEAGUES), (Role.CLINICIAN, Situation.STRANGERS)]
)
async def test_what_may_not_be_seen_takes_as_long_as_what_is_not_there(
    matrix: Matrix, name: str, who: Role, whose: Situation
) -> None:
    (query, noun), held = TIMED[name], matrix.world.holdings[who]
    hidden, absent = held[whose].ids[noun], held[Situation.NOTHING].ids[noun]

    ratios = []
    for _ in range(TRIES):
        ratios.append(await _ratio(matrix, matrix.world.seats[who], query, hidden, absent))
        if abs(ratios[-1] - 1) < TOLERANCE:
            break

    assert min(abs(ratio - 1) for ratio in ratios) < TOLERANCE, ratios


async def _ratio(matrix: Matrix, seat: Seat, query: str, hidden: str, absent: str) -> float:
    """Of the median times of asking for one and the other, by turns that nothing else on the machine can know."""
    took: dict[str, list[float]] = {hidden: [], absent: []}
    for _ in range(ROUNDS):
        for id in random.sample([hidden, absent], 2):
            began = time.perf_counter()
            await matrix.ask(seat, query, {"id": id})
            took[id].append(time.perf_counter() - began)
    return statistics.median(took[hidden]) / statistics.median(took[absent])
