"""What makes the camera take a photo. A trigger only puts word of it into a queue."""

from pi_uploader.triggers.queue import TriggerEvent, TriggerQueue

__all__ = ["TriggerEvent", "TriggerQueue"]
