"""Send notifications to browsers, webhooks and the services of Apprise.

All of it is sent by a process of its own (send_process/), which connects to public addresses
alone (docs/decisions/0099-a-process-that-sends.md).
"""

from function_app.notify.senders.sender import open_sender

__all__ = ["open_sender"]
