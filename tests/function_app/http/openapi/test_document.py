"""The API's description, and that the API agrees with it: schemathesis calls every operation over
real HTTP, with valid and with invalid values."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.pytest._test_builder import build_operation_test

from function_app.auth import sessions, tokens, users
from function_app.auth.caller import Role, Scope
from function_app.browse.listing import ORDER
from function_app.http.cookies import SESSION
from function_app.http.openapi.document import document
from function_app.http.openapi.schemas import SCHEMAS
from function_app.routes import ROUTES
from function_app.services import connect
from function_app.settings import Settings
from tests.support.api import Api, name_of, new_camera, photo_headers
from tests.support.backend import Backend
from tests.support.pictures import jpeg

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
MAX_SECONDS = 60  # of a response
SKIPPED = {"close_all_sessions"}  # only tokens call what changes something, and it needs a session
OPERATIONS = [
    pytest.param(path, method, id=f"{method.upper()} {path}")
    for path, methods in document(ROUTES)["paths"].items()
    for method in methods
]


def test_every_route_but_pages_and_preflights_is_described() -> None:
    """With its inputs, its responses, and who may call it."""
    described = document(ROUTES)
    operations = {
        (path, method): operation
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    }
    assert {
        ("/" + route.path, method.lower())
        for route in ROUTES
        for method in route.methods
        if route.path.startswith("api/") and route.name != "get_preflight"
    } == operations.keys()
    ids = [operation["operationId"] for operation in operations.values()]
    assert len(ids) == len(set(ids))
    for operation in operations.values():
        assert operation["summary"].endswith(".")
        assert {"400", "503"} <= operation["responses"].keys()


def test_the_summary_of_a_list_names_its_order() -> None:
    """If it has the parameter, and only then."""
    for route in ROUTES:
        has_order = ORDER in (route.inputs.query or ())
        summary = route.operation.summary if route.operation else ""
        assert ("`order`" in summary) is has_order, route.name


def test_every_schema_that_is_referred_to_exists() -> None:
    described = document(ROUTES)
    named = set(re.findall(r"#/components/schemas/(\w+)", str(described)))
    assert named == described["components"]["schemas"].keys()
    for operation in filter(None, (route.operation for route in ROUTES)):
        for content in operation.responses.values():
            kinds = (content or "").split()
            assert all("/" in one or one in SCHEMAS for one in kinds), content


@pytest.mark.slow
def test_the_description_is_served_to_programs_and_to_people(api: Api) -> None:
    """The page needs no script, and is allowed what it uses."""
    assert api.ask("/api/openapi.json").json() == document(ROUTES)
    page = api.ask("/api/docs")
    assert page.status_code == 200
    assert "<script" not in page.text
    for route in ROUTES:
        if route.operation:
            assert f"/{route.path}</code>" in page.text


def test_no_status_is_both_a_problem_and_a_response() -> None:
    for route in ROUTES:
        assert route.operation is None or not route.problems & route.operation.responses.keys()


def test_a_path_names_the_parameters_that_its_route_declares() -> None:
    """In their order; and no two parameters of a route have one name."""
    for route in ROUTES:
        assert re.findall(r"{\*?(\w+)}", route.path) == [one.name for one in route.inputs.path]
        for parameters in (route.inputs.path, route.inputs.query or ()):
            names = [one.name for one in parameters]
            assert len(names) == len(set(names))


@pytest.fixture(scope="module")
def backend(backend_of_file: Backend) -> Backend:
    """A backend that stores nothing of other tests: a repair walks through all that is stored."""
    return backend_of_file


@pytest.fixture(scope="module")
def there(backend: Backend) -> str:
    """The id of a stored photo."""
    api, name = Api(backend), name_of(new_camera())
    assert api.put(jpeg(), photo_headers(name)).status_code == 201
    return str(name)


@pytest.fixture(scope="module")
def holders(backend: Backend) -> list[dict[str, str]]:
    """Headers of a caller who may do everything, and of callers who may see some cameras."""
    rows, now = connect(Settings(backend.connection_string)).accounts, datetime.now(UTC)
    two, one = frozenset({"gate", "entry"}), frozenset({"gate"})
    token = tokens.create(rows, new_camera(), tokens.Grant(frozenset({Scope.READ}), two), now)
    viewer = users.add(rows, new_camera(), "a good password", Role.VIEWER, one)
    cookie = f"{SESSION}={sessions.create(rows, viewer, now)}"
    bearers = [{"Authorization": f"Bearer {one}"} for one in (backend.admin_token, token)]
    return [*bearers, {"Cookie": cookie}]


@pytest.fixture(scope="module")
def schema() -> Any:
    schema = schemathesis.openapi.from_dict(document(ROUTES))
    schema.config.phases.coverage.unexpected_methods = set()  # a host answers these, not the app
    return schema


@pytest.mark.slow
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_the_api_agrees_with_its_description(
    path: str, method: str, schema: Any, backend: Backend, there: str, holders: list[dict[str, str]]
) -> None:
    """No 500, and no status, content type or body that is not described. Callers who may see only
    some cameras read, too: a photo that is stored, one that is not, and an invalid id.

    The cases are made here, and not by `schema.parametrize()`, which would make those of all
    operations whenever the tests are collected: a third of the time that this takes.
    """
    operation = schema[path][method]
    if operation.definition.raw["operationId"] in SKIPPED:
        return
    key = {"x-functions-key": backend.function_key, "X-Forwarded-For": new_camera()}
    asking = holders if method in ("get", "head") else holders[:1]

    @settings(
        max_examples=100,
        deadline=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def agrees(case: schemathesis.Case[Any]) -> None:
        ids = [case.path_parameters.get("id")]
        if ids[0] is not None:
            ids += [str(name_of(new_camera()))] + [there] * (method != "delete")
        for photo in ids:
            if photo is not None:
                case.path_parameters["id"] = photo
            for holder in asking:
                response = case.call(
                    base_url=backend.base_url, headers={**key, **holder}, timeout=MAX_SECONDS
                )
                case.validate_response(response, checks=CHECKS)

    build_operation_test(
        config=schema.config,
        operation=operation,
        test_func=agrees,
        given_kwargs={},
        feedback=FeedbackSources(),
    )()
