"""What makes the camera take a photo: motion, a contact, a schedule or a person's demand.

Each kind has a module, which only puts trigger events into a camera's queue. Whatever takes time is
done by the thread that reads the queue.
"""

from pi_uploader.triggers.photo_request import PhotoRequest
from pi_uploader.triggers.queue import CONFIRMABLE, TriggerEvent, TriggerQueue

__all__ = ["CONFIRMABLE", "PhotoRequest", "TriggerEvent", "TriggerQueue"]
