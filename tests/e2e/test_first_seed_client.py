"""Devices in the field that run the first seed's client keep working against this backend."""

import hashlib
from typing import Any

import requests

from tests.e2e.first_seed import send_with_header, send_with_query
from tests.support.backend import Backend
from tests.support.pictures import jpeg


def test_the_form_with_a_header(backend: Backend) -> None:
    """The client names no camera: its photo is listed under the default one."""
    picture = jpeg(640, 480, seed=7001)
    assert send_with_header(backend.base_url, picture, backend.function_key)
    assert send_with_header(backend.base_url, picture, backend.function_key)
    (photo,) = _listed(backend, "camera", picture)
    assert photo["size"] == len(picture)
    assert _content(backend, photo["id"]) == picture


def test_the_form_with_a_query(backend: Backend) -> None:
    picture = jpeg(640, 480, seed=7002)
    for _ in range(2):
        assert send_with_query(
            backend.base_url, picture, backend.function_key, "farm.example", "First Seed Yard"
        )
    (photo,) = _listed(backend, "first-seed-yard", picture)
    assert photo["size"] == len(picture)
    assert _content(backend, photo["id"]) == picture


def test_a_real_cameras_picture(backend: Backend) -> None:
    """The seed's camera gives 4608 x 2592."""
    picture = jpeg(4608, 2592, seed=7003)
    assert send_with_query(backend.base_url, picture, backend.function_key, "w", "first-seed-big")
    (photo,) = _listed(backend, "first-seed-big", picture)
    assert _content(backend, photo["id"]) == picture


def test_a_wrong_key_stores_nothing(backend: Backend) -> None:
    picture = jpeg(640, 480, seed=7004)
    assert not send_with_header(backend.base_url, picture, "wrong")
    assert not send_with_query(backend.base_url, picture, "wrong", "w", "first-seed-wrong")
    assert _listed(backend, "camera", picture) == []
    assert _listed(backend, "first-seed-wrong", picture) == []


def _listed(backend: Backend, camera: str, picture: bytes) -> list[dict[str, Any]]:
    """The camera's listed photos that have these bytes."""
    photos: list[dict[str, Any]] = _get(backend, f"/api/photos?camera={camera}&limit=200").json()[
        "photos"
    ]
    sha256 = hashlib.sha256(picture).hexdigest()
    return [photo for photo in photos if photo["sha256"] == sha256]


def _content(backend: Backend, photo_id: str) -> bytes:
    return _get(backend, f"/api/photos/{photo_id}/content").content


def _get(backend: Backend, path: str) -> requests.Response:
    reader = {"Authorization": f"Bearer {backend.read_token}"}
    reply = requests.get(backend.base_url + path, headers=reader, timeout=90)
    assert reply.status_code == 200
    return reply
