"""Reading a case together over the edge: what the tests of comments, reviews and sharing share."""

from typing import Any

from schema.node_ids import node_id
from tests.schema.edge import Edge, Socket
from tests.schema.rows import MadeCase

Json = dict[str, Any]

COMMENT = """mutation ($input: AddCommentInput!) { addComment(input: $input) {
  comment { id body audience author { displayName } mentions { displayName } replyTo { id }
    anchor { frameIndex box { left width } stack { id } finding { id } } }
  errors { code field } } }"""
COMMENTS = "query ($id: ID!) { case(id: $id) { comments { totalCount edges { node { id body audience } } } } }"
SIGN = """mutation ($input: SignReviewInput!) { signReview(input: $input) {
  review { id impression urgency by { displayName } release { summary withdrawnAt } addenda { id } case { status } }
  errors { code field } } }"""
RELEASE = """mutation ($id: ID!, $summary: String!) { releaseReview(input: {reviewId: $id, summary: $summary}) {
  review { release { summary withdrawnAt } } errors { code field } } }"""
WITHDRAW = """mutation ($id: ID!) { withdrawRelease(input: {reviewId: $id}) {
  review { release { withdrawnAt } } errors { code field } } }"""
SEEN = """query ($id: ID!) { case(id: $id) { status urgency releases { summary by { displayName } }
  reviews { id } latestAnalysis { id } analyses { totalCount } comments { totalCount } } }"""
SHARE = """mutation ($input: ShareCaseInput!) { shareCase(input: $input) {
  participant { id access email user { displayName } } case { participants { access } } errors { code field } } }"""
UNSHARE = """mutation ($case: ID!, $participant: ID!) {
  unshareCase(input: {caseId: $case, participantId: $participant}) {
  case { participants { access } } errors { code field } } }"""
URGENCY = """mutation ($id: ID!, $urgency: Urgency!) { setUrgency(input: {caseId: $id, urgency: $urgency}) {
  case { urgency } errors { code field } } }"""
CURSOR = "query ($id: ID!) { case(id: $id) { eventCursor } }"
EVENTS = """subscription ($id: ID!, $after: String) { caseEvents(caseId: $id, after: $after) { __typename case { title }
  ... on CommentAdded { comment { body } } ... on ReviewChanged { review { impression } } } }"""
NODE = "query ($id: ID!) { node(id: $id) { id } }"
PARTICIPANTS = "query ($id: ID!) { case(id: $id) { participants { email user { id } } } }"
ARCHIVE = """mutation ($id: ID!, $archived: Boolean!) { updateCase(input: {caseId: $id, archived: $archived}) {
  case { status } } }"""


def id_of(made: MadeCase) -> str:
    return str(node_id("Case", made.case.key))


async def comment(edge: Edge, made: MadeCase, who: str, body: str = "Look here", **more: Any) -> Json:
    given = {"caseId": id_of(made), "body": body, **more}
    answer: Json = (await edge.data(COMMENT, {"input": given}, who))["addComment"]
    return answer


async def sign(edge: Edge, made: MadeCase, who: str = "clinician", **more: Any) -> Json:
    given = {"caseId": id_of(made), "impression": "A nodule of 8 mm.", "urgency": "ROUTINE", **more}
    answer: Json = (await edge.data(SIGN, {"input": given}, who))["signReview"]
    return answer


async def seen(edge: Edge, made: MadeCase, who: str) -> Json | None:
    found: Json | None = (await edge.data(SEEN, {"id": id_of(made)}, who))["case"]
    return found


async def share(edge: Edge, made: MadeCase, who: str = "clinician", **more: Any) -> Json:
    given = {"caseId": id_of(made), "access": "READER", **more}
    answer: Json = (await edge.data(SHARE, {"input": given}, who))["shareCase"]
    return answer


async def listen(edge: Edge, socket: Socket, made: MadeCase, who: str) -> None:
    """From now on: what happens before the server has begun to listen comes too."""
    after = (await edge.data(CURSOR, {"id": id_of(made)}, who))["case"]["eventCursor"]
    await socket.subscribe(EVENTS, {"id": id_of(made), "after": after})


async def next_of(socket: Socket, kind: str) -> Json:
    """The next event of a kind; those before it are passed over."""
    while True:
        event = await socket.event()
        if event["__typename"] == kind:
            return event
