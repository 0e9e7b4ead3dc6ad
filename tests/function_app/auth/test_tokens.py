"""Tokens of one name that are created at the same moment."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count

import requests

from function_app.auth import tokens
from function_app.services import Services
from tests.support.account_requests import ADMIN, SETTINGS, Interrupted, ask
from tests.support.api import Api, new_camera


def create(backend: Services, name: str) -> int:
    """Return the status of the response."""
    reply = ask(backend, "make_token", ADMIN, {"name": name, "scopes": ["read"]})
    if reply.status == 201:
        assert tokens.PREFIX in json.loads(reply.body)["token"]
    return reply.status


def test_at_most_one_token_of_a_name_is_created(empty: Services) -> None:
    """Another one is created just before each call to the store, and after the last: one of the two
    is refused and removed, and the other stays."""
    backend = replace(empty, settings=SETTINGS)
    for at in count():
        name, others = f"backup-{at}", list[int]()
        rows = Interrupted(backend.accounts, at, lambda: others.append(create(backend, name)))  # noqa: B023
        status = create(replace(backend, accounts=rows), name)
        if at >= rows.calls:
            others.append(create(backend, name))
        assert sorted([status, *others]) == [201, 409]
        assert [one.name for one in tokens.list_tokens(backend.accounts)].count(name) == 1
        if at >= rows.calls:
            assert at > 1
            return


def test_at_most_one_of_many_concurrent_requests_succeeds(api: Api) -> None:
    """Over HTTP; a request that succeeded has the only token."""
    name, url = new_camera(), f"{api.backend.base_url}/api/tokens"
    admin = {"Authorization": f"Bearer {api.backend.admin_token}"}

    def post(_: int) -> int:
        body = {"name": name, "scopes": ["read"]}
        return requests.post(url, json=body, headers=admin, timeout=60).status_code

    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(post, range(6)))
    assert set(made) <= {201, 409}
    listed = api.ask("/api/tokens", admin).json()["tokens"]
    assert made.count(201) == [one["name"] for one in listed].count(name) <= 1
