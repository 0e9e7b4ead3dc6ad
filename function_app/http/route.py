"""Routes: what the Functions host, the checks before a handler is called, and the API's description
need to know about each route."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple

import azure.functions as func

from function_app.auth.caller import Caller
from function_app.http.authorization import Access
from function_app.http.parameters import Parameter, check_known
from function_app.http.request import Body, JSONBody, Request
from function_app.http.responses import Response
from function_app.services import Services
from photo_wire.media import Media

Handler = Callable[[Request, Services, Caller], Response]
ProblemPage = Callable[[func.HttpRequest, Response], Response]
GET, GET_OR_HEAD = ("GET",), ("GET", "HEAD")
PHOTO_TYPES = " ".join(media.content_type for media in Media)
_NO_CONTENT: Mapping[int, str | None] = MappingProxyType({204: None})


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """The parameters in a route's path and query, and its body. If `query` is None, the route
    ignores the query; otherwise unknown parameters are rejected."""

    path: tuple[Parameter[Any], ...] = ()
    query: tuple[Parameter[Any], ...] | None = None
    body: Body | None = None

    def read(self, request: func.HttpRequest) -> Request:
        """Return the request with the values of all parameters. Raises WireError and
        HTTPProblemError (400, 413)."""
        values = {one: one.read(request.route_params) for one in self.path}
        if self.query is not None:
            check_known(request.params, self.query, "query parameter")
            values |= {one: one.read(request.params) for one in self.query}
        if isinstance(self.body, JSONBody):
            values |= self.body.read(request.get_body())
        return Request(request, values)


class Operation(NamedTuple):
    """The rest of a route's description. `responses` has, for each status that is not a problem,
    the name of a JSON schema and content types, with spaces between them, or None for no body.
    `errors` are the statuses of problems that only some routes have."""

    summary: str
    responses: Mapping[int, str | None] = _NO_CONTENT
    errors: tuple[int, ...] = ()


class Endpoint(NamedTuple):
    """What a route does. Without an `operation` the API's description omits the route."""

    handler: Handler
    operation: Operation | None = None
    inputs: Inputs = Inputs()


@dataclass(frozen=True, eq=False)
class Route:
    """A function of the app, with this name in Azure: that of its handler. `path` is written as the
    Functions host expects it, without a leading slash. GET does not imply HEAD. `make_endpoint` is
    called at the first request, and imports what the handler needs. `problem_page` makes the
    response to people of that for a problem; without it they get what programs get."""

    path: str
    methods: tuple[str, ...]
    access: Access
    name: str
    make_endpoint: Callable[[], Endpoint]
    problem_page: ProblemPage | None = None

    @cached_property
    def endpoint(self) -> Endpoint:
        """The endpoint, made once."""
        return self.make_endpoint()

    @property
    def handler(self) -> Handler:
        """The function that responds to a request."""
        return self.endpoint.handler

    @property
    def operation(self) -> Operation | None:
        """The route's part of the API's description."""
        return self.endpoint.operation

    @property
    def inputs(self) -> Inputs:
        """The parameters and the body."""
        return self.endpoint.inputs

    @property
    def problems(self) -> set[int]:
        """The statuses of all problems that the route may respond with."""
        statuses = {400, 503, *(self.operation.errors if self.operation else ())}
        if self.inputs.body is not None:
            statuses.add(413)
        if self.access is not Access.PUBLIC:
            statuses.add(401)
        if self.access not in (Access.PUBLIC, Access.DEVICE):
            statuses.add(403)
        return statuses
