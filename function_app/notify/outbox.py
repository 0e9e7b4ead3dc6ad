"""The outbox of a channel: its deliveries in their order, and what became of each event.

All rows of a channel are in one partition, and every change goes through the row `state`, whose
etag is the lock: a transaction that finds it changed is tried anew. So an event is accepted once
(its E- row says so), deliveries are numbered without gaps, and whoever has the lease sends alone.
Every event that was accepted is counted once: as sent, as failed, as left out with a reason, or as
waiting.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from function_app.notify import budget
from function_app.notify.budget import COLLECTED, Collected, parse_collected
from function_app.notify.deliveries import (
    Delivery,
    DeliveryState,
    State,
    parse_delivery,
    parse_state,
)
from function_app.notify.events import id_of_reference
from function_app.notify.pacing import (
    PHOTO_GROUPS,
    SAME_EVENT,
    Decision,
    Hold,
    LeaveOut,
    Rate,
    Tell,
    parse_rate,
    summarize,
)
from function_app.storage.models import StorageUnavailableError
from function_app.storage.row_keys import camera_of_rate_key, group_of_rate_key, rates_of
from function_app.storage.table_store import (
    MAX_CHANGES,
    ConditionalUpdate,
    TableStore,
    remove_all,
)
from photo_wire.moment import format_time
from photo_wire.name import parse_name

KEPT_FOR = timedelta(days=7)  # deliveries that are done
REMEMBERED_FOR = timedelta(days=8)  # events; a message is in the queue for 7 days at most
MAX_OVERDUE = timedelta(minutes=1)  # of what is collected; then its message was lost
RESUME_PERIOD = timedelta(minutes=1)  # a person has a failing channel tried at once so often
_STATE, _COLLECTED = "state", "collected"  # the keys of rows
_ATTEMPTS = 50  # each means that another request changed the row

Rows = dict[str, Mapping[str, str] | None]


@dataclass(frozen=True, slots=True)
class Pace:
    """The interval of a channel. `schedule` is called before anything is held, with the camera (or
    COLLECTED) and the moment at which its summary is due."""

    interval: timedelta
    schedule: Callable[[str, datetime], None]


@dataclass(frozen=True, slots=True)
class Offer:
    """An event for a channel. `rate_key` is the row of the group in which it is paced, if it is.
    `decide` says what becomes of it."""

    event: str
    reference: Mapping[str, str]
    rate_key: str | None
    decide: Callable[[Rate], tuple[Decision, Rate]]
    pace: Pace

    @property
    def is_photo(self) -> bool:
        return self.rate_key is not None and group_of_rate_key(self.rate_key) in PHOTO_GROUPS


class Outbox:
    """The outbox of one channel in the table `notifications`. All methods raise
    StorageUnavailableError; those that change it return None or False if the channel is gone."""

    def __init__(self, table: TableStore, channel: str) -> None:
        self._table = table
        self._partition = f"C-{channel}"
        self.channel = channel

    def create(self, owner: str) -> None:
        """Begin an empty outbox of a person's channel."""
        self._table.insert(self._partition, _STATE, State(owner).to_properties())

    def remove(self) -> None:
        """Remove all rows, the state first: whoever sends finds it gone."""
        self._table.remove(self._partition, _STATE)
        remove_all(self._table, self._partition)

    def owner(self) -> str | None:
        """Return whose channel this is."""
        row = self._table.get(self._partition, _STATE)
        return row.properties["owner"] if row else None

    def state(self) -> State | None:
        """Return the state of the channel."""
        row = self._table.get(self._partition, _STATE)
        return parse_state(row) if row else None

    def accept(self, offer: Offer, now: datetime) -> State | None:
        """Accept an event unless it was accepted before. Return the state after it."""
        scheduled: set[str] = set()
        for _ in range(_ATTEMPTS):
            row = self._table.get(self._partition, _STATE)
            if row is None:
                return None
            state = parse_state(row)
            if state.stopped or self._table.get(self._partition, _event_key(offer.event)):
                return state
            rate, others = Rate(), Rows()
            if offer.rate_key:
                rate = self._rate(offer.rate_key)
            decision, paced = offer.decide(rate)
            if isinstance(decision, Hold) and offer.rate_key and not rate.held:
                self._schedule(
                    camera_of_rate_key(offer.rate_key), decision.due, offer.pace, scheduled
                )
            if offer.rate_key and paced != rate:
                others[offer.rate_key] = {"rate": paced.to_text()}
            remembered = {"at": format_time(now)}
            counts = replace(state.counts, events=state.counts.events + 1)
            changed = replace(state, counts=counts)
            match decision:
                case Tell(more, held) if offer.is_photo and (
                    due := self._collected_due(state, offer.pace.interval, now)
                ):
                    if state.collected_due is None or now - due > MAX_OVERDUE:
                        self._schedule(COLLECTED, due, offer.pace, scheduled)
                    photo = offer.reference["id"]
                    others[_COLLECTED] = _row_of(self._collected().plus(photo, 1 + more, 1 + held))
                    changed = replace(changed, collected_due=due)
                case Tell(more, held):
                    if offer.is_photo:
                        changed = _after_photo(changed, offer.pace.interval, now)
                    delivery = Delivery(
                        state.next, offer.event, offer.reference, now, 1 + held, more
                    )
                    others[_delivery_key(state.next)] = delivery.to_properties()
                    changed = replace(changed, next=state.next + 1)
                case LeaveOut(why):
                    remembered["why"] = why
                    changed = replace(changed, counts=counts.with_left_out(why, 1))
                    if why == SAME_EVENT and state.collected_due and offer.rate_key:
                        others |= self._counted_as_collected(offer, offer.rate_key, rate, paced)
            others[_event_key(offer.event)] = remembered
            update = ConditionalUpdate(row, changed.to_properties(), others)
            if self._table.rewrite(self._partition, update):
                return changed
        raise self._changed_each_time()

    def tell_held(self, camera: str, holder: str, pace: Pace, now: datetime) -> datetime | None:
        """Make deliveries of what is held of a camera and due; what is over the budget is
        collected. Return when the next summary of the camera is due; None if nothing else is
        held."""
        first, end = rates_of(camera)
        scheduled: set[str] = set()
        for _ in range(_ATTEMPTS):
            row = self._table.get(self._partition, _STATE)
            if row is None:
                return None
            state, others, changed = parse_state(row), Rows(), parse_state(row)
            later: list[datetime] = []
            collected: Collected | None = None
            for group in self._table.query(self._partition, MAX_CHANGES, first, end):
                rate = parse_rate(group.properties["rate"])
                if not rate.held or rate.due is None or rate.newest is None:
                    continue
                if now < rate.due:
                    later.append(rate.due)
                    continue
                others[group.key] = {"rate": summarize(rate, now).to_text()}
                if group_of_rate_key(group.key) in PHOTO_GROUPS:
                    if collected_due := self._collected_due(changed, pace.interval, now):
                        if state.collected_due is None:
                            self._schedule(COLLECTED, collected_due, pace, scheduled)
                        collected = collected or self._collected()
                        collected = collected.plus(rate.newest["id"], rate.held, rate.held)
                        changed = replace(changed, collected_due=collected_due)
                        continue
                    changed = _after_photo(changed, pace.interval, now)
                delivery = Delivery(
                    changed.next,
                    id_of_reference(rate.newest),
                    rate.newest,
                    now,
                    rate.held,
                    rate.held - 1,
                )
                others[_delivery_key(changed.next)] = delivery.to_properties()
                changed = replace(changed, next=changed.next + 1)
            if collected:
                others[_COLLECTED] = _row_of(collected)
            due = min(later, default=None)
            if not others:
                return due
            update = ConditionalUpdate(
                row, _leased_if_free(changed, holder, now).to_properties(), others
            )
            if self._table.rewrite(self._partition, update):
                return due
        raise self._changed_each_time()

    def tell_collected(self, holder: str, interval: timedelta, now: datetime) -> datetime | None:
        """Make a delivery of what was collected, if it is due. Return when it is; None if nothing
        is collected."""
        for _ in range(_ATTEMPTS):
            row = self._table.get(self._partition, _STATE)
            state = parse_state(row) if row else None
            if row is None or state is None or state.collected_due is None:
                return None
            due = max(state.collected_due, budget.next_at(state.spent_until, interval, now))
            if due > now:
                return due
            collected, others = self._collected(), Rows()
            changed = replace(state, collected_due=None)
            if collected.events:
                changed = _after_photo(changed, interval, now)
                reference = collected.reference()
                delivery = Delivery(
                    state.next,
                    id_of_reference(reference),
                    reference,
                    now,
                    collected.events,
                    collected.photos - 1,
                )
                others = {_delivery_key(state.next): delivery.to_properties(), _COLLECTED: None}
                changed = _leased_if_free(replace(changed, next=state.next + 1), holder, now)
            update = ConditionalUpdate(row, changed.to_properties(), others)
            if self._table.rewrite(self._partition, update):
                return None
        raise self._changed_each_time()

    def change(
        self, change: Callable[[State], State | None], others: Rows | None = None
    ) -> State | None:
        """Store what `change` makes of the state, together with other rows. Return it; None if the
        channel is gone, or `change` returned None, which changes nothing."""
        for _ in range(_ATTEMPTS):
            row = self._table.get(self._partition, _STATE)
            changed = change(parse_state(row)) if row else None
            if row is None or changed is None:
                return None
            update = ConditionalUpdate(row, changed.to_properties(), others or {})
            if self._table.rewrite(self._partition, update):
                return changed
        raise self._changed_each_time()

    def resume(self, now: datetime) -> None:
        """Have a channel that was stopped be told again, and one that waits after a failure be
        tried at once, if that was not done within RESUME_PERIOD. It counts as failing until
        something is sent."""

        def resumed(state: State) -> State:
            state = replace(state, stopped="")
            if state.resumed_at and abs(now - state.resumed_at) < RESUME_PERIOD:
                return state
            return replace(state, retry_at=None, resumed_at=now)

        self.change(resumed)

    def lease(self, holder: str, now: datetime) -> State | None:
        """Give `holder` the lease if something is pending, and nobody else has it."""

        def take(state: State) -> State | None:
            if not state.pending or (state.is_leased(now) and state.holder != holder):
                return None
            return state.leased(holder, now)

        return self.change(take)

    def release(self, holder: str) -> bool:
        """Give the lease back if nothing is pending any more. Return False, and change nothing, if
        something is."""
        found: list[State] = []

        def give_back(state: State) -> State | None:
            found.append(state)
            return None if state.pending or state.holder != holder else state.released()

        self.change(give_back)
        return not (found and found[-1].pending and found[-1].holder == holder)

    def finish(self, delivery: Delivery, holder: str, now: datetime) -> State | None:
        """Record what became of the first pending delivery, and renew the lease. Return None, and
        change nothing, if somebody else has the lease."""

        def count(state: State) -> State | None:
            if state.holder != holder or state.first != delivery.number:
                return None
            counts, changed = state.counts, replace(state, first=delivery.number + 1)
            match delivery.state:
                case DeliveryState.SENT:
                    counts = replace(
                        counts, sent=counts.sent + delivery.events, messages=counts.messages + 1
                    )
                    changed = replace(changed.working(), sent_at=now)
                case DeliveryState.FAILED:
                    counts = replace(counts, failed=counts.failed + delivery.events)
                    changed = changed.failing(delivery.why, now)
                case _:
                    counts = counts.with_left_out(delivery.why, delivery.events)
            return replace(changed, counts=counts).leased(holder, now)

        done = replace(delivery, done_at=now)
        return self.change(count, {_delivery_key(delivery.number): done.to_properties()})

    def pending(self, state: State, count: int) -> list[Delivery]:
        """Return up to `count` deliveries that are to be sent, in their order."""
        first, end = _delivery_key(state.first - 1), _delivery_key(state.next)
        rows = self._table.query(self._partition, count, first, end)
        return [parse_delivery(row) for row in rows]

    def newest(self, count: int, before: int | None = None) -> list[Delivery]:
        """Return up to `count` of the last deliveries, the last one first; those with a lower
        number than `before`, if given."""
        state = self.state()
        if state is None:
            return []
        end = min(before or state.next, state.next)
        first = max(end - count, 1)
        rows = self._table.query(
            self._partition, count, _delivery_key(first - 1), _delivery_key(end)
        )
        return [parse_delivery(row) for row in reversed(rows)]

    def held(self) -> int:
        """Return how many events wait for a summary."""
        rates = self._table.query(self._partition, 1000, "R-", "R.")
        held = sum(parse_rate(row.properties["rate"]).held for row in rates)
        return held + self._collected().events

    def overdue(self, before: datetime) -> list[str]:
        """Return the cameras of which a summary was due before that moment, COLLECTED for what was
        collected."""
        rows = self._table.query(self._partition, 1000, "R-", "R.")
        rates = {row.key: parse_rate(row.properties["rate"]) for row in rows}
        found = {
            camera_of_rate_key(key)
            for key, rate in rates.items()
            if rate.held and rate.due and rate.due < before
        }
        state = self.state()
        if state and state.collected_due and state.collected_due < before:
            found.add(COLLECTED)
        return sorted(found)

    def purge(self, now: datetime) -> int:
        """Remove deliveries that were done KEPT_FOR ago, and what is remembered of events from
        before REMEMBERED_FOR. Return how many rows were removed."""
        state = self.state()
        if state is None:
            return 0
        end, before = _delivery_key(state.first), format_time(now - KEPT_FOR)
        kept = _delivery_key(state.first)
        after = _delivery_key(0)
        while page := self._table.query(self._partition, 1000, after, end, ("at",)):
            recent = [row.key for row in page if row.properties["at"] >= before]
            if recent:
                kept = recent[0]
                break
            after = page[-1].key
        removed = remove_all(self._table, self._partition, kept, _delivery_key(0))
        return removed + self._forget_events(now) + self._forget_rates(now)

    def _forget_events(self, now: datetime) -> int:
        before = format_time(now - REMEMBERED_FOR)
        old, after = [], "E-"
        while page := self._table.query(self._partition, 1000, after, "E.", ("at",)):
            old += [row.key for row in page if row.properties["at"] < before]
            after = page[-1].key
        for key in old:
            self._table.remove(self._partition, key)
        return len(old)

    def _forget_rates(self, now: datetime) -> int:
        """Remove idle groups under the state's etag, so that none is removed that was just used."""
        row = self._table.get(self._partition, _STATE)
        rates = self._table.query(self._partition, MAX_CHANGES - 1, "R-", "R.")
        idle = [one.key for one in rates if parse_rate(one.properties["rate"]).is_idle(now)]
        if row is None or not idle:
            return 0
        update = ConditionalUpdate(row, row.properties, dict.fromkeys(idle))
        return len(idle) if self._table.rewrite(self._partition, update) else 0

    def _collected(self) -> Collected:
        row = self._table.get(self._partition, _COLLECTED)
        return parse_collected(row.properties["collected"]) if row else Collected()

    def _counted_as_collected(self, offer: Offer, key: str, rate: Rate, paced: Rate) -> Rows:
        """Return the rows in which a further photo of an event that was collected is counted with
        it, and so not once more in what the camera's next message says."""
        collected, photo = self._collected(), offer.reference["id"]
        if parse_name(photo).camera not in collected.shares:
            return {}
        rate = replace(paced, more=rate.more)
        return {
            _COLLECTED: _row_of(collected.plus(photo, 1, 0)),
            key: {"rate": rate.to_text()},
        }

    def _collected_due(self, state: State, interval: timedelta, now: datetime) -> datetime | None:
        """Return when a message of photos is told with what is collected; None if it is told now,
        since the budget has room, and nothing before it waits for that."""
        if state.collected_due:
            return state.collected_due
        due = budget.next_at(state.spent_until, interval, now)
        return due if due > now else None

    def _schedule(self, camera: str, due: datetime, pace: Pace, scheduled: set[str]) -> None:
        """Have a message come for what is about to be held, once in a call: before it is held, so
        that no crash forgets it."""
        if camera not in scheduled:
            pace.schedule(camera, due)
            scheduled.add(camera)

    def _rate(self, key: str) -> Rate:
        row = self._table.get(self._partition, key)
        return parse_rate(row.properties["rate"]) if row else Rate()

    def _changed_each_time(self) -> StorageUnavailableError:
        return StorageUnavailableError(f"the channel {self.channel} is changed too often at once")


def _after_photo(state: State, interval: timedelta, now: datetime) -> State:
    return replace(state, spent_until=budget.spend(state.spent_until, interval, now))


def _leased_if_free(state: State, holder: str, now: datetime) -> State:
    return state if state.failures or state.is_leased(now) else state.leased(holder, now)


def _row_of(collected: Collected) -> dict[str, str]:
    return {"collected": collected.to_text()}


def _event_key(event: str) -> str:
    return f"E-{event}"


def _delivery_key(number: int) -> str:
    return f"D-{number:015d}"
