"""The way up: which photo goes next, its PUT, and what the reply means for it."""

from pi_uploader.upload.loop import run_upload

__all__ = ["run_upload"]
