"""Rows that are read: one by its key, or many in the order of their keys.

The requests are written here by hand, and the JSON of a reply becomes `Entity` at once: the SDK
takes several times as long (docs/decisions/0063-rows-without-the-sdks-models.md). The SDK's
transport sends them, and they ask what the SDK would ask. A reply that is not known here makes the
SDK repeat the request (docs/decisions/0047-the-sdk-as-a-fallback.md).
"""

import json
import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple, TypeVar, cast
from urllib.parse import quote, urlencode

from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError
from azure.core.paging import PageIterator
from azure.core.rest import HttpResponse
from azure.data.tables import TableEntity, TableServiceClient

from function_app.storage.azure.errors import SdkFallback, UnknownReplyError, error_code
from function_app.storage.azure.filters import cameras_filter
from function_app.storage.azure.table_requests import (
    TableError,
    TableRequests,
    failure,
    row_address,
)
from function_app.storage.parallel import map_parallel
from function_app.storage.table_store import PAGE_SIZE, Entity

# Comparisons joined by "or" in a filter. A viewer of MAX_LIMITED_CAMERAS has two rows and two
# headers more in the days of a page: these keys are 15 KB, and Azurite takes 16 KB of headers.
MAX_TERMS = 202
# "No more than 15 discrete comparisons are permitted within a $filter string" (Microsoft's
# "Querying tables and entities"); three are those of `key_range`. The service is known to take many
# more (docs/decisions/0162-cameras-are-named-in-one-request.md).
MAX_DOCUMENTED_TERMS = 12
_TOO_LONG = (414, 431, 501)  # statuses of a filter that a service does not take
# The codes of a 400 that may be about the filter; one without a code ("None") comes from what is
# before the service.
_TOO_LONG_CODES = (
    *("InvalidInput", "InvalidQueryParameterValue", "InvalidUri", "RequestUrlFailedToParse"),
    "None",
)
NOT_FOUND = ("ResourceNotFound", "TableNotFound")
_ACCEPT = {"Accept": "application/json;odata=minimalmetadata"}  # says which columns are not text
_NEXT = "x-ms-continuation-Next"  # how the headers begin that say where the next page does
_SYSTEM_COLUMNS = ("PartitionKey", "RowKey", "Timestamp")
_TYPE, _TEXT = "@odata.type", "Edm.String"  # how the name of a column's type ends; a type
# What code raises that takes a reply for rows which is none.
_MALFORMED = (AttributeError, LookupError, RecursionError, TypeError, ValueError)

log = logging.getLogger(__name__)

Result = TypeVar("Result")
Continuation = dict[str, str | None]
"""The keys at which the next page begins, as in the SDK's `continuation_token`."""
Page = tuple[list[Entity], Continuation | None]


class Query(NamedTuple):
    """The rows of a table that an OData filter selects, in pages of up to `page_size` rows; of each
    row its key and these columns, or all."""

    table: str
    where: str
    page_size: int = PAGE_SIZE
    columns: Sequence[str] | None = None

    @property
    def selected(self) -> str | None:
        """What $select says. The etag may have to be made of the Timestamp."""
        if self.columns is None:
            return None
        return ",".join(("RowKey", "Timestamp", *self.columns))


class Queries:
    """Reads rows of the account that `service` opens. With `sdk_only` the SDK makes all requests.

    `Entity.properties` has the text columns; Nightjar writes no others. What somebody entered as a
    number or a date in Storage Explorer counts as missing.
    """

    def __init__(
        self, service: TableServiceClient, requests: TableRequests, sdk_only: bool = False
    ) -> None:
        self._service = service
        self._requests = requests
        self._fallback = SdkFallback("a query", sdk_only)
        self._max_terms = MAX_TERMS

    def with_terms(self, count: int, read: Callable[[int], Result]) -> Result:
        """Return what `read` returns, which is called with the number of comparisons joined by "or"
        that a filter may have; `count` are wanted. If the service rejects a filter with more than
        it documents, `read` is called once more with those; if that succeeds, this process sends no
        longer one from then on. Raises the errors of azure-core."""
        max_terms = self._max_terms
        try:
            return read(max_terms)
        except HttpResponseError as error:
            is_long = min(count, max_terms) > MAX_DOCUMENTED_TERMS
            if not is_long or not _may_be_too_long(error):
                raise
            result = read(MAX_DOCUMENTED_TERMS)
            log.warning(
                "storage: a filter with %d comparisons was answered %d; from now on they have %d "
                "at most, and lists of several cameras take more requests",
                *(min(count, max_terms), error.status_code, MAX_DOCUMENTED_TERMS),
            )
            self._max_terms = MAX_DOCUMENTED_TERMS
            return result

    def get(self, table: str, partition: str, key: str) -> Entity | None:
        """Return the row of this key; None if it, or the table, does not exist. Raises the errors
        of azure-core."""
        return self._fallback.run(
            lambda: self._get_directly(table, partition, key),
            lambda: self._get_with_sdk(table, partition, key),
        )

    def rows(self, query: Query) -> Iterator[Entity]:
        """Yield the rows of a query, page by page; none if the table does not exist. Raises the
        errors of azure-core."""
        page, continuation = self._page(query, None)
        yield from page
        while continuation:  # also after an empty page, which Azure may send
            page, continuation = self._page(query, continuation)
            yield from page

    def first_of_cameras(
        self,
        query: Query,
        cameras: Collection[str],
        count: int,
        parse: Callable[[Entity], Result | None],
    ) -> list[Result] | None:
        """Return up to `count` parsed rows of a query, those whose column `camera` has one of these
        names. Rows for which `parse` returns None are left out. One request for MAX_TERMS cameras,
        if a page has `count` rows; one more for each page with rows that are left out. None if they
        do not find all rows: Azure ends a request after some seconds. Raises the errors of
        azure-core."""
        names = sorted(cameras)

        def first_of(some: Sequence[str]) -> list[tuple[str, Result]] | None:
            own = query._replace(where=f"{query.where} and {cameras_filter(some)}")
            found: list[tuple[str, Result]] = []
            continuation: Continuation | None = None
            while True:
                page, continuation = self._page(own, continuation)
                parsed = ((row.key, parse(row)) for row in page)
                found += [(key, value) for key, value in parsed if value is not None]
                if len(found) >= count or not continuation:
                    return found[:count]
                if len(page) < own.page_size:
                    return None

        def read(max_terms: int) -> list[Result] | None:
            starts = range(0, len(names), max_terms)
            parts = [tuple(names[start : start + max_terms]) for start in starts]
            lists = list(map_parallel(first_of, parts).values())
            found = [one for one in lists if one is not None]
            if len(found) < len(lists):
                return None
            in_order = sorted(chain(*found), key=lambda one: one[0])
            return [value for _, value in in_order[:count]]

        return self.with_terms(len(names), read)

    def _page(self, query: Query, continuation: Continuation | None) -> Page:
        return self._fallback.run(
            lambda: self._page_directly(query, continuation),
            lambda: self._page_with_sdk(query, continuation),
        )

    def _get_directly(self, table: str, partition: str, key: str) -> Entity | None:
        response = self._requests.send("GET", table + row_address(partition, key), _ACCEPT)
        return None if _is_missing(response) else _parse(response, _entity)

    def _page_directly(self, query: Query, continuation: Continuation | None) -> Page:
        parameters = {
            "$top": query.page_size,
            "$select": query.selected,
            "$filter": query.where,
            **{f"Next{name}": key for name, key in (continuation or {}).items()},
        }
        asked = {name: value for name, value in parameters.items() if value is not None}
        path = f"{query.table}()?{urlencode(asked, quote_via=quote)}"
        response = self._requests.send("GET", path, _ACCEPT)
        if _is_missing(response):
            return [], None
        page = _parse(response, _entities)
        keys = {name: response.headers.get(_NEXT + name) for name in ("PartitionKey", "RowKey")}
        return page, keys if any(keys.values()) else None

    def _get_with_sdk(self, table: str, partition: str, key: str) -> Entity | None:
        client = self._service.get_table_client(table)
        return _read_with_sdk(lambda: _sdk_entity(client.get_entity(partition, key)), None)

    def _page_with_sdk(self, query: Query, continuation: Continuation | None) -> Page:
        rows = self._service.get_table_client(query.table).query_entities(
            query.where, results_per_page=query.page_size, select=query.selected
        )
        pages = cast("PageIterator[TableEntity]", rows.by_page(cast(Any, continuation)))
        missing: list[Entity] = []
        page = _read_with_sdk(lambda: [_sdk_entity(row) for row in next(pages)], missing)
        return page, cast("Continuation | None", pages.continuation_token)


def _may_be_too_long(error: HttpResponseError) -> bool:
    """Return whether a filter may have been rejected since it has too many comparisons."""
    is_about_filter = error.status_code == 400 and error_code(error) in _TOO_LONG_CODES
    return is_about_filter or error.status_code in _TOO_LONG


def _is_missing(response: HttpResponse) -> bool:
    """Return whether the row or the table does not exist. Raises TableError and UnknownReplyError
    for other failures."""
    if response.status_code == 200:
        return False
    error = failure(response, response.status_code)
    if isinstance(error, TableError) and error.error_code in NOT_FOUND:
        return True
    raise error


def _parse(response: HttpResponse, parse: Callable[[Any], Result]) -> Result:
    """Return what `parse` makes of the JSON of a reply. Raises UnknownReplyError."""
    try:
        return parse(json.loads(response.content))
    except _MALFORMED as error:
        what = f"it was answered {response.status_code} without rows ({type(error).__name__})"
        raise UnknownReplyError(what, response.status_code) from None


def _read_with_sdk(read: Callable[[], Result], missing: Result) -> Result:
    """Return what `read` reads; `missing` if the row or the table does not exist. Raises AzureError
    also for replies at which the SDK raises Python's own errors."""
    try:
        return read()
    except ResourceNotFoundError:
        return missing
    except _MALFORMED as error:
        raise AzureError(f"a query was answered without rows ({type(error).__name__})") from None


def _entities(reply: Mapping[str, Any]) -> list[Entity]:
    """Return the rows of a page. Raises one of _MALFORMED if it is none."""
    rows = reply["value"]
    if not isinstance(rows, list):
        raise TypeError("a page is not a list")
    return [_entity(row) for row in rows]


def _entity(row: Mapping[str, Any]) -> Entity:
    """Return the row that this JSON describes; the columns that begin with "odata." are about it.
    Raises one of _MALFORMED if it has no key."""
    others = {
        name.removesuffix(_TYPE)
        for name, kind in row.items()
        if name.endswith(_TYPE) and kind != _TEXT
    }
    properties = {
        name: value
        for name, value in row.items()
        if type(value) is str
        and "." not in name
        and name not in others
        and name not in _SYSTEM_COLUMNS
    }
    etag = row.get("odata.etag")
    if not etag and "Timestamp" in row:
        etag = f"W/\"datetime'{quote(row['Timestamp'])}'\""  # as the SDK does
    return Entity(_key(row), properties, etag or "")


def _sdk_entity(row: TableEntity) -> Entity:
    """Return the row of the SDK. Raises one of _MALFORMED if it has no key."""
    properties = {
        name: value
        for name, value in row.items()
        if isinstance(value, str) and name not in _SYSTEM_COLUMNS
    }
    return Entity(_key(row), properties, row.metadata["etag"] or "")


def _key(row: Mapping[str, Any]) -> str:
    key = row["RowKey"]
    if not isinstance(key, str):
        raise TypeError("the key of a row is not text")
    return key
