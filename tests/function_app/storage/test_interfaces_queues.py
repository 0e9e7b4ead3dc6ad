"""What each Queue promises, in memory and on Azure Storage."""

from datetime import timedelta

from function_app.services import Services
from tests.support.waiting import wait_for

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


def test_a_text_is_received_until_it_is_removed(empty: Services) -> None:
    queue = empty.poison
    assert queue.receive(32, HOUR) == []  # also before the queue exists
    text = '{"ä": "<&>"}'
    queue.put(text)
    (first,) = queue.receive(1, SECOND)
    assert (first.text, first.count) == (text, 1)
    (second,) = wait_for(lambda: queue.receive(32, HOUR))
    assert (second.text, second.count, second.id) == (text, 2, first.id)
    queue.remove(first)  # it was received since
    queue.remove(second)
    queue.remove(second)
    queue.put("other")
    assert [one.text for one in queue.receive(32, HOUR)] == ["other"]


def test_a_delayed_text_is_not_received_yet(empty: Services) -> None:
    empty.poison.put("late", HOUR)
    empty.poison.put("now")
    assert [one.text for one in empty.poison.receive(32, HOUR)] == ["now"]
    empty.poison.put("soon", SECOND)
    assert wait_for(lambda: [one.text for one in empty.poison.receive(32, HOUR)]) == ["soon"]


def test_no_more_texts_are_received_than_requested(empty: Services) -> None:
    for number in range(5):
        empty.poison.put(str(number))
    some = empty.poison.receive(3, HOUR)
    rest = empty.poison.receive(32, HOUR)
    assert (len(some), len(rest)) == (3, 2)
    assert {one.text for one in [*some, *rest]} == set("01234")
