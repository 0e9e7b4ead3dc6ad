"""The messages as they are in the queue: what the next version has to read, too."""

import pytest

from function_app.notification_queue.messages import (
    AlertMessage,
    ChannelMessage,
    HeldMessage,
    LostMessage,
    Message,
    PhotoMessage,
    format_message,
    parse_message,
)
from photo_wire.errors import WireError
from photo_wire.moment import parse_time
from photo_wire.name import parse_name

NAME = "gate-20261128T120000000Z-5f3a9c2e"
MESSAGES: list[tuple[Message, str]] = [
    (
        PhotoMessage(parse_name(NAME), parse_time("2026-11-28T12:00:01.000Z")),
        '{"v":1,"kind":"photo","id":"gate-20261128T120000000Z-5f3a9c2e",'
        '"at":"2026-11-28T12:00:01.000Z"}',
    ),
    (
        AlertMessage(parse_name(NAME), "loss", "12~34"),
        '{"v":1,"kind":"alert","camera":"gate","id":"gate-20261128T120000000Z-5f3a9c2e",'
        '"alert":"loss","key":"12~34"}',
    ),
    (ChannelMessage("c1"), '{"v":1,"kind":"channel","channel":"c1"}'),
    (HeldMessage("c1", "gate"), '{"v":1,"kind":"held","channel":"c1","camera":"gate"}'),
    (
        LostMessage(3, parse_time("2026-11-28T12:00:01.000Z")),
        '{"v":1,"kind":"lost","count":"3","at":"2026-11-28T12:00:01.000Z"}',
    ),
]


@pytest.mark.parametrize(("message", "text"), MESSAGES)
def test_a_message_is_written_and_read(message: Message, text: str) -> None:
    assert format_message(message) == text
    assert parse_message(text) == message


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "not JSON"),
        ("[]", "not a JSON object"),
        ('{"v":2,"kind":"channel","channel":"c1"}', "v: must be 1"),
        ('{"v":1,"kind":"picture"}', "kind: 'picture' is not a kind of message"),
        ('{"v":1,"kind":"photo","id":"gate","at":"2026-11-28T12:00:01.000Z"}', "photo id"),
        (f'{{"v":1,"kind":"photo","id":"{NAME}","at":"noon"}}', "at: 'noon'"),
        (f'{{"v":1,"kind":"alert","id":"{NAME}","alert":"Loss","key":"1"}}', "kind: 'Loss'"),
        (f'{{"v":1,"kind":"alert","id":"{NAME}","alert":"loss"}}', "key: must be a text"),
        ('{"v":1,"kind":"channel","channel":7}', "channel: must be a text"),
        (f'{{"v":1,"kind":"channel","channel":"{"c" * 513}"}}', "channel: must be a text"),
        ('{"v":1,"kind":"held","channel":"c1","camera":"Gate!"}', "is not a camera's name"),
        ('{"v":1,"kind":"lost","count":"-1","at":"noon"}', "count: must be digits"),
    ],
)
def test_other_texts_are_no_messages(text: str, problem: str) -> None:
    with pytest.raises(WireError) as error:
        parse_message(text)
    assert problem in str(error.value)
