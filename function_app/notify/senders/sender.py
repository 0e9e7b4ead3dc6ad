"""Send notifications to the address of a channel."""

import base64
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from function_app.notify.notification import Address, Notification, Outcome, Result, Send, Trust
from function_app.notify.senders import hosts, vapid
from function_app.notify.senders.addresses import AddressRules, address_problem
from function_app.notify.senders.process import SendProcess, SendProcessError
from function_app.notify.senders.slots import SenderSlots
from function_app.services import Services
from function_app.settings import Network
from function_app.storage.errors import StorageUnavailableError
from function_app.storage.table_store import TableStore

MAX_SECONDS = 10  # of one notification
MAX_THUMBNAIL_BYTES = 512 * 1024
MAX_WAIT_SECONDS = 10  # for another process to end
MAX_HOLD_SECONDS = 10  # then a person gives way to others who wait

log = logging.getLogger(__name__)
_slots = SenderSlots()


class BusyError(Exception):
    """As many processes as allowed are sending, or others wait for the one that this is."""


@contextmanager
def open_sender(services: Services, person: str, trust: Trust) -> Iterator[Send]:
    """Yield what sends to channels of one person, of this trust. Its process lives as long, once
    it was needed. It may be used by one thread."""
    sender = Sender(services.settings.network, services.notifications, None, person, trust)
    try:
        yield sender
    finally:
        sender.close()


class Sender:
    """Sends by a process of its own to channels of one person. `keys` is the table with the VAPID
    key."""

    def __init__(
        self,
        network: Network,
        keys: TableStore,
        command: Sequence[str] | None = None,
        person: str = "",
        trust: Trust = Trust.WORKING,
    ) -> None:
        self._network, self._keys, self._command = network, keys, command
        self._person, self._trust = person, trust
        self._rules = rules_of(network)
        self._process: SendProcess | None = None
        self._give_way_at = 0.0

    def __call__(self, address: Address, notification: Notification) -> Result:
        if problem := address_problem(address, self._rules):
            return Result(Outcome.REJECTED, problem)
        try:
            if self._process and time.monotonic() >= self._give_way_at:
                self._give_way()
            process = self._process or self._open()
            reply = process.do(_job(address, notification), MAX_SECONDS)
            why = hosts.why_refused(reply["blocked"]) if reply["blocked"] else reply["why"]
            return Result(Outcome(reply["outcome"]), why, reply["after"])
        except BusyError:
            why = f"other notifications are being sent; try again in {MAX_HOLD_SECONDS} s"
            return Result(Outcome.BUSY, why, MAX_HOLD_SECONDS)
        except SendProcessError as error:
            return Result(Outcome.RETRY, str(error))
        except StorageUnavailableError:
            return Result(Outcome.RETRY, "the storage is unavailable; try again")
        except Exception as error:  # noqa: BLE001 - a channel's trouble is no other's
            log.warning("nothing was sent: %s", type(error).__name__)  # the text may have secrets
            return Result(Outcome.RETRY, f"it failed ({type(error).__name__}); try again")

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.close()
            self._process = None
            _slots.give_back(self._person)

    def _give_way(self) -> None:
        """Raise BusyError, and end the process, if somebody else waits for it."""
        if _slots.is_wanted(self._person):
            self.close()
            raise BusyError

    def _open(self) -> SendProcess:
        origin = self._network.public_origin or ""
        setup = {
            "networks": [str(one) for one in self._rules.networks],
            "vapid_key": vapid.private_key(self._keys),
            "contact": origin if origin.startswith("https://") else "",
        }
        if not _slots.take(self._person, self._trust, MAX_WAIT_SECONDS):
            raise BusyError
        self._give_way_at = time.monotonic() + MAX_HOLD_SECONDS
        self._process = SendProcess(setup, self._command)
        return self._process


def rules_of(network: Network) -> AddressRules:
    """Return what addresses may be for an app that is reached in this way."""
    return AddressRules(network.channel_networks, network.push_hosts)


def _job(address: Address, notification: Notification) -> dict[str, Any]:
    thumbnail = notification.thumbnail or b""
    if len(thumbnail) > MAX_THUMBNAIL_BYTES:
        thumbnail = b""
    return {
        "kind": address.kind,
        "text": address.text,
        "secret": address.secret,
        "notification": {
            "id": notification.id,
            "kind": notification.kind,
            "title": notification.title,
            "body": notification.body,
            "url": notification.url,
            "camera": notification.camera,
            "at": notification.at.isoformat(),
            "photo_id": notification.photo_id,
            "tag": notification.tag,
            "snooze_url": notification.snooze_url,
            "language": notification.language,
            "snooze": notification.snooze,
            "thumbnail": base64.b64encode(thumbnail).decode(),
        },
    }
