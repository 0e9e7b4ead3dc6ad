"""What a route says of itself, for the host, the check of who calls, and the API's description."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import azure.functions as func

from function_app.auth.caller import Caller
from function_app.http.authorization import Access
from function_app.http.responses import Response
from function_app.services import Services

Handler = Callable[[func.HttpRequest, Services, Caller], Response]

PHOTO = "photo"  # a body of one of the photos' types
PHOTO_OR_FORM = "photo or form"


@dataclass(frozen=True, slots=True)
class Route:
    """`path` as the Functions host spells it, without a leading slash; GET does not imply HEAD.

    `query` are the names of its parameters, `takes` the schema of its JSON body (or PHOTO),
    `optional` whether that may be left out. `gives` has, for each status that is no problem, the
    schema of its JSON, a content type, or nothing; `refuses` the statuses of problems beside those
    that any route of its access may give.
    """

    path: str
    methods: tuple[str, ...]
    access: Access
    handler: Handler
    summary: str
    gives: Mapping[int, str | None] = field(default_factory=lambda: {204: None})
    refuses: tuple[int, ...] = ()
    query: tuple[str, ...] = ()
    takes: str | None = None
    is_optional: bool = False
    include_in_schema: bool = True

    @property
    def name(self) -> str:
        """The function's name in Azure: that of its handler."""
        return self.handler.__name__
