"""Places to send: who has one, who waits, and that those who hang keep nobody else waiting."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor

from hypothesis import given, settings
from hypothesis import strategies as st

from function_app.notify.notification import Trust
from function_app.notify.senders.slots import SenderSlots
from tests.support.waiting import wait_for

PATIENT = 60.0  # seconds
WORKING, NEW, FAILING = Trust


def test_a_person_has_one_place() -> None:
    slots = SenderSlots(3)
    assert slots.take("anna", WORKING, 0)
    assert not slots.take("anna", WORKING, 0)
    assert slots.take("ben", WORKING, 0)
    slots.give_back("anna")
    assert slots.take("anna", WORKING, 0)


def test_channels_that_fail_have_one_place_and_with_new_ones_two() -> None:
    slots = SenderSlots(3)
    assert slots.take("anna", FAILING, 0)
    assert not slots.take("ben", FAILING, 0)
    assert slots.take("carl", NEW, 0)
    assert not slots.take("dora", NEW, 0)
    assert slots.take("emil", WORKING, 0)
    assert not slots.take("fred", WORKING, 0)
    slots.give_back("anna")
    assert slots.take("ben", FAILING, 0)


def test_a_backend_with_one_place_gives_it_to_anybody() -> None:
    slots = SenderSlots(1)
    for trust in Trust:
        assert slots.take("anna", trust, 0)
        slots.give_back("anna")


def test_a_person_occupies_one_thread_that_waits() -> None:
    """Else thirty channels of one person would keep all threads of the process waiting."""
    slots, pool = SenderSlots(3), ThreadPoolExecutor(2)
    assert slots.take("anna", WORKING, 0)
    waiting = pool.submit(slots.take, "anna", WORKING, PATIENT)
    wait_for(lambda: slots.is_wanted("ben"))
    assert not slots.take("anna", WORKING, PATIENT)  # at once
    assert not slots.is_wanted("anna")
    slots.give_back("anna")
    assert waiting.result(PATIENT)


def test_working_channels_come_first_then_those_who_waited_longest() -> None:
    slots, pool = SenderSlots(1), ThreadPoolExecutor(4)
    assert slots.take("first", WORKING, 0)
    order: list[str] = []
    done: list[Future[None]] = []

    def take(person: str, trust: Trust) -> None:
        assert slots.take(person, trust, PATIENT)
        order.append(person)
        slots.give_back(person)

    for number, (person, trust) in enumerate(
        (("failing", FAILING), ("new", NEW), ("anna", WORKING), ("ben", WORKING)), 1
    ):
        done.append(pool.submit(take, person, trust))
        wait_for(lambda number=number: len(slots._waiting) == number)  # type: ignore[misc]
    slots.give_back("first")
    for one in done:
        one.result(PATIENT)
    assert order == ["anna", "ben", "new", "failing"]


steps = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from(Trust), st.booleans()), max_size=60
)


@given(steps=steps, count=st.integers(1, 5))
@settings(max_examples=100)
def test_no_order_of_events_breaks_the_rules(
    steps: list[tuple[str, Trust, bool]], count: int
) -> None:
    slots, held = SenderSlots(count), dict[str, Trust]()
    for person, trust, is_taking in steps:
        if not is_taking and person in held:
            slots.give_back(person)
            del held[person]
        elif is_taking and slots.take(person, trust, 0):
            assert person not in held
            held[person] = trust
        for level in Trust:
            used = sum(trust >= level for trust in held.values())
            assert used <= max(count - level, 1)
    for person in held:
        slots.give_back(person)
    assert slots.take("somebody else", FAILING, 0)  # nothing is lost


def test_threads_that_come_and_go_leave_every_place_free() -> None:
    slots, most, lock = SenderSlots(3), [0], threading.Lock()
    now = [0]

    def work(number: int) -> None:
        person = f"person {number % 7}"
        if slots.take(person, Trust(number % 3), PATIENT):
            with lock:
                now[0] += 1
                most[0] = max(most[0], now[0])
            with lock:
                now[0] -= 1
            slots.give_back(person)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(500)))
    assert most[0] <= 3
    assert (slots._held, slots._waiting) == ({}, {})
