"""The page of notifications over HTTP: its forms, and what they never show."""

import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest
import requests

from function_app.auth.caller import Role
from function_app.notify.channels import MAX_CHANNELS_OF_PERSON
from tests.support.api import Api
from tests.support.backend import Backend
from tests.support.browser import same_origin, session_of
from tests.support.channel_requests import browser

PATH = "/notifications"
SECRET_PART = "a-secret-part"
WEBHOOK = f"https://hooks.example/{SECRET_PART}"


@pytest.fixture(scope="module")
def backend(backend_of_file: Backend) -> Backend:
    """A backend in which no other test stores photos: the channels that are made here stay, and
    each photo would be sent to all of them, which nothing answers."""
    return backend_of_file


@pytest.fixture
def session(api: Api) -> dict[str, str]:
    """Headers of a new person's session, in a zone of its own."""
    session = session_of(api.backend, Role.VIEWER)
    return {"Cookie": f"{session['Cookie']}; zone=Asia/Tokyo"}


def post(api: Api, path: str, session: dict[str, str], **fields: str) -> requests.Response:
    headers = session | same_origin(api)
    reply = api.ask(PATH + path, headers, "POST", data=urlencode(fields), allow_redirects=False)
    api.http.cookies.clear()
    return reply


def channels_of(api: Api, session: dict[str, str]) -> list[dict[str, object]]:
    found: list[dict[str, object]] = api.ask("/api/notifications/channels", session).json()[
        "channels"
    ]
    return found


def test_a_webhooks_secret_is_shown_once_and_its_address_never(
    api: Api, session: dict[str, str]
) -> None:
    made = post(api, "/channels", session, kind="webhook", label="mine", address=WEBHOOK)
    assert made.status_code == 200
    assert "whsec_" in made.text
    assert 'data-copy="webhook-secret"' in made.text
    assert SECRET_PART not in made.text
    again = api.ask(PATH, session).text
    assert "whsec_" not in again
    assert SECRET_PART not in again
    (channel,) = channels_of(api, session)
    assert channel["rule"]["zone"] == "Asia/Tokyo"  # type: ignore[index]


def test_messages_are_in_the_language_of_the_page_until_another_is_chosen(
    api: Api, session: dict[str, str]
) -> None:
    """The form has that of the channel; for one without any, that of the page."""
    german = {"Cookie": f"{session['Cookie']}; language=de"}
    post(api, "/channels", german, label="mine", address="ntfys://topic")
    (channel,) = channels_of(api, session)
    assert channel["rule"]["language"] == "de"  # type: ignore[index]
    chosen = '<option value="de" selected lang="de">Deutsch</option>'
    assert chosen in api.ask(PATH, session).text
    fields = {"label": "mine", "all-cameras": "1", "interval": "9", "zone": "UTC", "labels": ""}
    path = f"/channels/{channel['id']}"
    assert post(api, path, german, **fields, language="en").status_code == 303
    (channel,) = channels_of(api, session)
    assert channel["rule"]["language"] == "en"  # type: ignore[index]
    assert chosen not in api.ask(PATH, german).text
    assert post(api, path, session, **fields, language="fr").status_code == 400


def form_of(api: Api, session: dict[str, str]) -> str:
    """Return the id of the form for a new channel, as a page has it."""
    found = re.search('name="form" value="([^"]{32,})"', api.ask(PATH, session).text)
    assert found
    return found[1]


@pytest.mark.parametrize("kind", ["webhook", "apprise"])
def test_a_form_that_is_sent_again_makes_one_channel(
    api: Api, session: dict[str, str], kind: str
) -> None:
    """Six times at once, and afterwards: a webhook's secret is the same each time. With another
    text it is another channel, and so it is by another form."""
    fields = {"form": form_of(api, session), "kind": kind, "label": "mine"}
    fields["address"] = WEBHOOK if kind == "webhook" else "ntfys://topic"
    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(lambda _: send(api, session, fields), range(6)))
    replies.append(send(api, session, fields))
    assert {one.status_code for one in replies} == {200 if kind == "webhook" else 303}
    secrets = {secret for one in replies for secret in re.findall('whsec_[^"]+', one.text)}
    assert len(secrets) == (1 if kind == "webhook" else 0)
    assert [one["label"] for one in channels_of(api, session)] == ["mine"]
    send(api, session, {**fields, "label": "other"})
    send(api, session, {**fields, "form": form_of(api, session)})
    send(api, session, {**fields, "form": ""})
    assert len(channels_of(api, session)) == 4


def send(api: Api, session: dict[str, str], fields: dict[str, str]) -> requests.Response:
    """Send the form of a new channel by a connection of its own."""
    headers = session | same_origin(api)
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    url = f"{api.backend.base_url}{PATH}/channels"
    return requests.post(
        url, data=urlencode(fields), headers=headers, allow_redirects=False, timeout=90
    )


def test_a_browser_that_subscribes_six_times_at_once_is_one_channel(
    api: Api, session: dict[str, str]
) -> None:
    url, headers = f"{api.backend.base_url}/api/notifications/channels", session | same_origin(api)

    def subscribe(_: int) -> requests.Response:
        return requests.post(url, json=browser(), headers=headers, timeout=90)

    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(subscribe, range(6)))
    assert {one.status_code for one in replies} <= {200, 201}
    assert len({one.json()["id"] for one in replies}) == len(channels_of(api, session)) == 1


def test_the_last_channel_that_a_person_may_have_is_made_once(
    api: Api, session: dict[str, str]
) -> None:
    """What is sent again does not count."""
    form = form_of(api, session)
    for number in range(MAX_CHANNELS_OF_PERSON):
        fields = {"form": form, "label": str(number), "address": "ntfys://topic"}
        assert {send(api, session, fields).status_code for _ in range(2)} == {303}
    assert send(api, session, {**fields, "label": "over"}).status_code == 409


def test_an_address_that_is_rejected_is_not_shown_either(api: Api, session: dict[str, str]) -> None:
    address = f"http://hooks.example/{SECRET_PART}"
    reply = post(api, "/channels", session, kind="webhook", label="<b>mine", address=address)
    assert reply.status_code == 400
    assert "The address must begin with https://." in reply.text
    assert 'value="&lt;b&gt;mine"' in reply.text
    assert SECRET_PART not in reply.text
    assert channels_of(api, session) == []


@pytest.mark.parametrize("fields", [{}, {"label": "x" * 61}, {"kind": "dance", "label": "x"}])
def test_a_form_that_is_wrong_is_shown_again(
    api: Api, session: dict[str, str], fields: dict[str, str]
) -> None:
    reply = post(api, "/channels", session, **fields)
    assert reply.status_code == 400
    assert '<details id="add" open' in reply.text


def test_what_was_typed_into_a_rule_is_kept(api: Api, session: dict[str, str]) -> None:
    """In the language of the page."""
    post(api, "/channels", session, label="mine", address="ntfys://topic")
    (channel,) = channels_of(api, session)
    german = {"Cookie": f"{session['Cookie']}; language=de"}
    typed = {"label": "another name", "camera": "gate", "quiet-from": "22:00", "interval": "9"}
    reply = post(api, f"/channels/{channel['id']}", german, zone="UTC", **typed)
    assert reply.status_code == 400
    assert "Geben Sie beide Uhrzeiten an, oder keine." in reply.text
    for text in ('value="another name"', 'value="gate" checked', 'value="22:00"', 'value="9"'):
        assert text in reply.text
    assert channels_of(api, session) == [channel]


@pytest.mark.parametrize(
    ("field", "wrong"), [("zone", "Mars/Olympus"), ("interval", "soon"), ("labels", "?")]
)
def test_the_field_of_a_rule_that_is_wrong_is_marked(
    api: Api, session: dict[str, str], field: str, wrong: str
) -> None:
    post(api, "/channels", session, label="mine", address="ntfys://topic")
    (channel,) = channels_of(api, session)
    right = {"label": "mine", "all-cameras": "1", "interval": "9", "zone": "UTC", "labels": ""}
    reply = post(api, f"/channels/{channel['id']}", session, **(right | {field: wrong}))
    assert reply.status_code == 400
    (marked,) = re.findall(r'<input ([^>]*)aria-invalid="true"', reply.text)
    assert f'name="{field}"' in marked


def test_nobody_changes_the_channel_of_somebody_else(api: Api, session: dict[str, str]) -> None:
    post(api, "/channels", session, label="mine", address="ntfys://topic")
    (channel,) = channels_of(api, session)
    stranger = session_of(api.backend, Role.VIEWER)
    path = f"/channels/{channel['id']}"
    assert post(api, path, stranger, label="x", interval="5").status_code == 404
    for action in ("test", "off", "remove"):
        reply = post(api, f"{path}/action", stranger, do=action)
        assert reply.status_code == 404
        assert "There is no such channel: it was removed." in reply.text
    assert channels_of(api, session) == [channel]


def test_a_page_is_not_sent_again_if_nothing_has_changed(api: Api, session: dict[str, str]) -> None:
    first = api.ask(f"{PATH}?part", session)
    assert "<html" not in first.text
    headers = session | {"If-None-Match": first.headers["ETag"]}
    assert api.ask(f"{PATH}?part", headers).status_code == 304
    post(api, "/channels", session, label="mine", address="ntfys://topic")
    assert api.ask(f"{PATH}?part", headers).status_code == 200
