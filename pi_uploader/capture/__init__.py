"""The capture process: from triggers through cameras into the spool."""

from pi_uploader.capture.handler import TriggerHandler
from pi_uploader.capture.process import capture_once, run_capture

__all__ = ["TriggerHandler", "capture_once", "run_capture"]
