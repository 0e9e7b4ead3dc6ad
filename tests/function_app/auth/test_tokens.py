"""Several make a token of the same name at the same moment."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count

import requests

from function_app.auth import tokens
from function_app.services import Services
from tests.function_app.api import Api, new_camera
from tests.support.account_requests import ADMIN, SETTINGS, Interrupted, ask


def make(backend: Services, name: str) -> int:
    """The status of the answer."""
    reply = ask(backend, "make_token", ADMIN, {"name": name, "scopes": ["read"]})
    if reply.status == 201:
        assert tokens.PREFIX in json.loads(reply.body)["token"]
    return reply.status


def test_there_is_one_token_of_a_name(empty: Services) -> None:
    """Another one is made just before each call to the store, and after the last: of the two, one
    is refused and gone, and the other is there."""
    backend = replace(empty, settings=SETTINGS)
    for at in count():
        name, others = f"backup-{at}", list[int]()
        rows = Interrupted(backend.people, at, lambda: others.append(make(backend, name)))  # noqa: B023
        status = make(replace(backend, people=rows), name)
        if at >= rows.calls:
            others.append(make(backend, name))
        assert sorted([status, *others]) == [201, 409]
        assert [one.name for one in tokens.list_tokens(backend.people)].count(name) == 1
        if at >= rows.calls:
            assert at > 1
            return


def test_of_many_at_once_at_most_one_is_made(api: Api) -> None:
    """Over HTTP; whoever was told that theirs was made has the only one."""
    name, url = new_camera(), f"{api.backend.base_url}/api/tokens"
    admin = {"Authorization": f"Bearer {api.backend.admin_token}"}

    def post(_: int) -> int:
        said = {"name": name, "scopes": ["read"]}
        return requests.post(url, json=said, headers=admin, timeout=60).status_code

    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(post, range(6)))
    assert set(made) <= {201, 409}
    listed = api.ask("/api/tokens", admin).json()["tokens"]
    assert made.count(201) == [one["name"] for one in listed].count(name) <= 1
