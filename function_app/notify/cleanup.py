"""Clean up the outboxes, hourly: remove what is old, and go on where a message was lost."""

import zlib
from datetime import datetime, timedelta

from function_app.notification_queue.messages import ChannelMessage, HeldMessage
from function_app.notify.channels import list_channels
from function_app.notify.outbox import Outbox
from function_app.services import Services

_OVERDUE = timedelta(minutes=10)  # a message that has not come by then does not come


def clean_up(services: Services, now: datetime) -> int:
    """Have a message come for each channel that waits for one in vain: it was poison, since the
    storage failed each time. Remove what is old of a 24th of the channels, another one each hour.
    Return how many rows were removed. Two requests for each channel. Raises
    StorageUnavailableError."""
    removed = 0
    for channel in list_channels(services.notifications):
        outbox = Outbox(services.notifications, channel.id)
        state = outbox.state()
        expected_at = (state.retry_at or state.wake_at or state.lease_until) if state else None
        if state and state.pending and (expected_at is None or now - expected_at > _OVERDUE):
            services.notifier.put(ChannelMessage(channel.id), now)
        for camera in outbox.overdue(now - _OVERDUE):
            services.notifier.put(HeldMessage(channel.id, camera), now)
        if zlib.crc32(channel.id.encode()) % 24 == now.hour:
            removed += outbox.purge(now)
    return removed
