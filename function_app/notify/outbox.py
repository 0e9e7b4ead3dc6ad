"""The outbox of a channel: its deliveries in their order, and what became of each event.

An event is accepted once (acceptance.py), deliveries are numbered without gaps, and whoever has the
lease sends alone. Every event that was accepted is counted once: as sent, as failed, as left out
with a reason, or as waiting.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from function_app.notify.budget import COLLECTED
from function_app.notify.deliveries import (
    Delivery,
    DeliveryState,
    State,
    parse_delivery,
    parse_state,
)
from function_app.notify.outbox_rows import ATTEMPTS, STATE, OutboxRows, Rows, delivery_key
from function_app.notify.pacing import Rate, parse_rate
from function_app.storage.notification_keys import camera_of_rate_key
from function_app.storage.table_store import (
    MAX_CHANGES,
    PAGE_SIZE,
    ConditionalUpdate,
    query_all,
    remove_all,
)
from photo_wire.moment import format_time

KEPT_FOR = timedelta(days=7)  # deliveries that are done
REMEMBERED_FOR = timedelta(days=8)  # events; a message is in the queue for 7 days at most
RESUME_PERIOD = timedelta(minutes=1)  # a person has a failing channel tried at once so often


class Outbox(OutboxRows):
    """The outbox of one channel in the table `notifications`. All methods raise
    StorageUnavailableError; those that change it return None or False if the channel is gone."""

    def create(self, owner: str) -> None:
        """Begin an empty outbox of a person's channel."""
        self._table.insert(self._partition, STATE, State(owner).to_properties())

    def remove(self) -> None:
        """Remove all rows, the state first: whoever sends finds it gone."""
        self._table.remove(self._partition, STATE)
        remove_all(self._table, self._partition)

    def owner(self) -> str | None:
        """Return whose channel this is."""
        row = self._table.get(self._partition, STATE)
        return row.properties["owner"] if row else None

    def change(
        self, change: Callable[[State], State | None], others: Rows | None = None
    ) -> State | None:
        """Store what `change` makes of the state, together with other rows. Return it; None if the
        channel is gone, or `change` returned None, which changes nothing."""
        for _ in range(ATTEMPTS):
            row = self._table.get(self._partition, STATE)
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
        return self.change(count, {delivery_key(delivery.number): done.to_properties()})

    def pending(self, state: State, count: int) -> list[Delivery]:
        """Return up to `count` deliveries that are to be sent, in their order."""
        first, end = delivery_key(state.first - 1), delivery_key(state.next)
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
        rows = self._table.query(self._partition, count, delivery_key(first - 1), delivery_key(end))
        return [parse_delivery(row) for row in reversed(rows)]

    def held(self) -> int:
        """Return how many events wait for a summary."""
        held = sum(rate.held for rate in self._rates().values())
        return held + self._collected().events

    def overdue(self, before: datetime) -> list[str]:
        """Return the cameras of which a summary was due before that moment, COLLECTED for what was
        collected."""
        found = {
            camera_of_rate_key(key)
            for key, rate in self._rates().items()
            if rate.held and rate.due and rate.due < before
        }
        state = self.state()
        if state and state.collected_due and state.collected_due < before:
            found.add(COLLECTED)
        return sorted(found)

    def _rates(self) -> dict[str, Rate]:
        rows = query_all(self._table, self._partition, after="R-", end="R.")
        return {row.key: parse_rate(row.properties["rate"]) for row in rows}

    def purge(self, now: datetime) -> int:
        """Remove deliveries that were done KEPT_FOR ago, and what is remembered of events from
        before REMEMBERED_FOR. Return how many rows were removed."""
        state = self.state()
        if state is None:
            return 0
        end, before = delivery_key(state.first), format_time(now - KEPT_FOR)
        kept = delivery_key(state.first)
        after = delivery_key(0)
        while page := self._table.query(self._partition, PAGE_SIZE, after, end, ("at",)):
            recent = [row.key for row in page if row.properties["at"] >= before]
            if recent:
                kept = recent[0]
                break
            after = page[-1].key
        removed = remove_all(self._table, self._partition, kept, delivery_key(0))
        return removed + self._forget_events(now) + self._forget_rates(now)

    def _forget_events(self, now: datetime) -> int:
        before = format_time(now - REMEMBERED_FOR)
        events = query_all(self._table, self._partition, ("at",), "E-", "E.")
        old = [row.key for row in events if row.properties["at"] < before]
        for key in old:
            self._table.remove(self._partition, key)
        return len(old)

    def _forget_rates(self, now: datetime) -> int:
        """Remove idle groups under the state's etag, so that none is removed that was just used."""
        row = self._table.get(self._partition, STATE)
        rates = self._table.query(self._partition, MAX_CHANGES - 1, "R-", "R.")
        idle = [one.key for one in rates if parse_rate(one.properties["rate"]).is_idle(now)]
        if row is None or not idle:
            return 0
        update = ConditionalUpdate(row, row.properties, dict.fromkeys(idle))
        return len(idle) if self._table.rewrite(self._partition, update) else 0
