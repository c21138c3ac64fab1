"""The ASGI application behind /graphql: GraphQL over HTTP, graphql-transport-ws, and SSE in distinct connections.

GET carries queries only, and nothing here is done on a cookie's credit but `refreshSession`, which is a mutation.
"""

from datetime import timedelta

from cross_web import AsyncHTTPRequestAdapter, HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.http.base import BaseRequestProtocol
from strawberry.http.streaming import SSETransport
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult
from strawberry.types.unset import UnsetType

from api import accounts, telemetry
from api.unit_of_work import House
from schema import build_schema, streams
from schema.answers import Answer, refused
from schema.bodies import limited, parse_json
from schema.context import GRAPHQL_PATH, REFRESH_COOKIE, Caller
from schema.credentials import Credential
from schema.negotiation import JSON, RESPONSE, choose_media_type, takes_either
from schema.origins import is_foreign
from schema.sockets import SocketHandler

INIT_SECONDS = 5
_ACKNOWLEDGED = UnsetType()


class GraphQLEndpoint(GraphQL[Caller, None]):
    graphql_transport_ws_handler_class = SocketHandler

    def __init__(self, house: House) -> None:
        settings = house.settings
        super().__init__(
            build_schema(settings),
            graphql_ide=None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL),
            connection_init_wait_timeout=timedelta(seconds=INIT_SECONDS),
            max_subscriptions_per_connection=settings.subscriptions_per_connection,
            allowed_origins=(settings.url,),
        )
        self._house = house

        class Heartbeats(SSETransport):
            def __init__(self) -> None:
                super().__init__(settings.subscription_heartbeat_seconds)

        self.stream_transport_classes_by_protocol = {GRAPHQL_SSE_PROTOCOL: Heartbeats}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        settings = self._house.settings
        within = limited(receive, settings.request_body_bytes)
        request = Request(scope, within)
        media_type = choose_media_type(request.headers.get("accept"))
        try:
            if REFRESH_COOKIE in request.cookies and is_foreign(request.headers, settings.url):
                raise HTTPException(403, "A page of another site may not act for who is signed in here.")
            if request.method == "POST" and takes_either(request.headers.get("accept")):
                request = await streams.settle(request, within, settings.query_tokens)
            if media_type is None:
                raise HTTPException(406, f"Accept {RESPONSE}, {JSON} or text/event-stream.")
            response: Response = await self.run(request)
        except HTTPException as refusal:
            response = refused(refusal, media_type)
        await response(scope, receive, send)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Caller:
        return Caller(
            house=self._house,
            access_token=_bearer(request.headers.get("authorization")),
            address=request.client.host if request.client else None,
            user_agent=request.headers.get("user-agent"),
            refresh_token=request.cookies.get(REFRESH_COOKIE) if request.scope.get("method") == "POST" else None,
            response=response if isinstance(response, Response) else None,
        )

    async def on_ws_connect(self, context: Caller) -> UnsetType:
        """Who brings no token is signed out and will be told so by what they ask; a wrong token closes with 4403."""
        given = (context.connection_params or {}).get("Authorization")
        if given is None:
            return _ACKNOWLEDGED
        token = _bearer(given) if isinstance(given, str) else None
        actor = await accounts.find_actor(self._house, token) if token is not None else None
        if token is None or actor is None:
            raise ConnectionRejectionError
        claims = self._house.tokens.verify(token)
        context.access_token = token
        context.credential = Credential(self._house, actor, claims.expires_at if claims else None)
        return _ACKNOWLEDGED

    async def get_sub_response(self, request: Request | WebSocket) -> Response:
        answer = Answer.accepting(choose_media_type(request.headers.get("accept")))
        request.state.answer = answer
        return answer

    def should_render_graphql_ide(self, request: BaseRequestProtocol) -> bool:
        return False

    def decode_json(self, data: str | bytes) -> object:
        return parse_json(data)

    async def parse_http_body(self, request: AsyncHTTPRequestAdapter) -> GraphQLRequestData | list[GraphQLRequestData]:
        if request.method == "POST" and (await request.get_body())[:64].lstrip()[:1] not in (b"{", b"["):
            raise HTTPException(400, "The body is a JSON object with a query.")
        asked = await super().parse_http_body(request)
        if isinstance(asked, GraphQLRequestData) and not isinstance(asked.operation_name, str | None):
            raise HTTPException(400, "The GraphQL operation's `operationName` must be a string or null, if provided.")
        return asked

    async def execute_single(  # the stock signature
        self,
        request: Request,
        request_adapter: AsyncHTTPRequestAdapter,
        sub_response: Response,
        context: Caller,
        root_value: None,
        request_data: GraphQLRequestData,
    ) -> ExecutionResult:
        try:
            with telemetry.span("graphql"):
                return await super().execute_single(
                    request, request_adapter, sub_response, context, root_value, request_data
                )
        except HTTPException as refusal:
            if isinstance(refusal.__cause__, InvalidOperationTypeError) and request_adapter.method == "GET":
                raise HTTPException(405, refusal.reason) from refusal.__cause__
            raise

    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:
        told = await super().process_result(request, result)
        answer: Answer = request.state.answer
        answer.note(result, told)
        return told

    def create_response(
        self, response_data: GraphQLHTTPResponse | list[GraphQLHTTPResponse], sub_response: Response
    ) -> Response:
        response = super().create_response(response_data, sub_response)
        return sub_response.finish(response) if isinstance(sub_response, Answer) else response


def _bearer(header: str | None) -> str | None:
    scheme, _, token = (header or "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def graphql_routes(house: House) -> list[BaseRoute]:
    endpoint = GraphQLEndpoint(house)
    return [
        Route(GRAPHQL_PATH, endpoint, name="graphql"),
        WebSocketRoute(GRAPHQL_PATH, endpoint, name="graphql-socket"),
    ]
