"""The way in: from the triggers through the cameras into the spool."""

from pi_uploader.capture.capture import Capture, rest_after
from pi_uploader.capture.process import capture_once, run_capture

__all__ = ["Capture", "capture_once", "rest_after", "run_capture"]
