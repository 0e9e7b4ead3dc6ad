"""What a channel accepts: each event once, as a delivery, as held for a summary of its camera, as
collected with photos of others beyond the budget, or as left out with a reason.

Its E- row says that an event was accepted. What was held or collected becomes a delivery when it is
due.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from function_app.notify import budget
from function_app.notify.budget import COLLECTED, Collected
from function_app.notify.deliveries import Delivery, State, parse_state
from function_app.notify.events import id_of_reference
from function_app.notify.outbox_rows import (
    ATTEMPTS,
    COLLECTION,
    STATE,
    OutboxRows,
    Rows,
    delivery_key,
    event_key,
)
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
from function_app.storage.notification_keys import camera_of_rate_key, group_of_rate_key, rates_of
from function_app.storage.table_store import MAX_CHANGES, ConditionalUpdate, Entity
from photo_wire.moment import format_time
from photo_wire.name import parse_name

MAX_OVERDUE = timedelta(minutes=1)  # of what is collected; then its message was lost


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


class Acceptance(OutboxRows):
    """What one channel accepts. All methods raise StorageUnavailableError; they return None if the
    channel is gone."""

    def accept(self, offer: Offer, now: datetime) -> State | None:
        """Accept an event unless it was accepted before. Return the state after it."""
        scheduled: set[str] = set()
        for _ in range(ATTEMPTS):
            row = self._table.get(self._partition, STATE)
            if row is None:
                return None
            state = parse_state(row)
            if state.stopped or self._table.get(self._partition, event_key(offer.event)):
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
                case Tell():
                    changed, rows = self._deliver_or_collect(
                        changed, offer, decision, now, scheduled
                    )
                    others |= rows
                case LeaveOut(why):
                    remembered["why"] = why
                    changed = replace(changed, counts=counts.with_left_out(why, 1))
                    if why == SAME_EVENT and state.collected_due and offer.rate_key:
                        others |= self._counted_as_collected(offer, offer.rate_key, rate, paced)
            others[event_key(offer.event)] = remembered
            update = ConditionalUpdate(row, changed.to_properties(), others)
            if self._table.rewrite(self._partition, update):
                return changed
        raise self._changed_each_time()

    def _deliver_or_collect(
        self, state: State, offer: Offer, decision: Tell, now: datetime, scheduled: set[str]
    ) -> tuple[State, Rows]:
        """Return the state and the rows with a delivery of the event; or with what is collected,
        for a photo beyond the budget."""
        due = self._collected_due(state, offer.pace.interval, now) if offer.is_photo else None
        if due:
            if state.collected_due is None or now - due > MAX_OVERDUE:
                self._schedule(COLLECTED, due, offer.pace, scheduled)
            photo, more, held = offer.reference["id"], decision.more, decision.held
            collected = self._collected().plus(photo, 1 + more, 1 + held)
            return replace(state, collected_due=due), {COLLECTION: _row_of(collected)}
        if offer.is_photo:
            state = _after_photo(state, offer.pace.interval, now)
        reference, events = offer.reference, 1 + decision.held
        delivery = Delivery(state.next, offer.event, reference, now, events, decision.more)
        return _with_delivery(state, delivery)

    def tell_held(self, camera: str, holder: str, pace: Pace, now: datetime) -> datetime | None:
        """Make deliveries of what is held of a camera and due; what is over the budget is
        collected. Return when the next summary of the camera is due; None if nothing else is
        held."""
        first, end = rates_of(camera)
        scheduled: set[str] = set()
        for _ in range(ATTEMPTS):
            row = self._table.get(self._partition, STATE)
            if row is None:
                return None
            held = self._table.query(self._partition, MAX_CHANGES, first, end)
            changed, others, due = self._with_held(parse_state(row), held, pace, now, scheduled)
            if not others:
                return due
            update = ConditionalUpdate(
                row, _leased_if_free(changed, holder, now).to_properties(), others
            )
            if self._table.rewrite(self._partition, update):
                return due
        raise self._changed_each_time()

    def _with_held(
        self,
        state: State,
        held: Sequence[Entity],
        pace: Pace,
        now: datetime,
        scheduled: set[str],
    ) -> tuple[State, Rows, datetime | None]:
        """Return the state and the rows with a delivery of each group that is due, or with what is
        collected of it; and when the next group is due."""
        changed, others = state, Rows()
        later: list[datetime] = []
        collected: Collected | None = None
        for group in held:
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
            reference, events = rate.newest, rate.held
            event = id_of_reference(reference)
            delivery = Delivery(changed.next, event, reference, now, events, events - 1)
            changed, rows = _with_delivery(changed, delivery)
            others |= rows
        if collected:
            others[COLLECTION] = _row_of(collected)
        return changed, others, min(later, default=None)

    def tell_collected(self, holder: str, interval: timedelta, now: datetime) -> datetime | None:
        """Make a delivery of what was collected, if it is due. Return when it is; None if nothing
        is collected."""
        for _ in range(ATTEMPTS):
            row = self._table.get(self._partition, STATE)
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
                changed, rows = _with_delivery(changed, delivery)
                others = {**rows, COLLECTION: None}
                changed = _leased_if_free(changed, holder, now)
            update = ConditionalUpdate(row, changed.to_properties(), others)
            if self._table.rewrite(self._partition, update):
                return None
        raise self._changed_each_time()

    def _counted_as_collected(self, offer: Offer, key: str, rate: Rate, paced: Rate) -> Rows:
        """Return the rows in which a further photo of an event that was collected is counted with
        it, and so not once more in what the camera's next message says."""
        collected, photo = self._collected(), offer.reference["id"]
        if parse_name(photo).camera not in collected.shares:
            return {}
        rate = replace(paced, more=rate.more)
        return {
            COLLECTION: _row_of(collected.plus(photo, 1, 0)),
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


def _after_photo(state: State, interval: timedelta, now: datetime) -> State:
    return replace(state, spent_until=budget.spend(state.spent_until, interval, now))


def _with_delivery(state: State, delivery: Delivery) -> tuple[State, Rows]:
    """Return the state with this delivery, which has its next number, as the last; and its row."""
    rows: Rows = {delivery_key(delivery.number): delivery.to_properties()}
    return replace(state, next=delivery.number + 1), rows


def _leased_if_free(state: State, holder: str, now: datetime) -> State:
    return state if state.failures or state.is_leased(now) else state.leased(holder, now)


def _row_of(collected: Collected) -> dict[str, str]:
    return {"collected": collected.to_text()}
