"""The device's side of Nightjar: triggers, cameras, the spool and the upload.

Two processes share only the spool's folder. `capture` puts photos into it, and `upload` removes
them when the backend has confirmed them. No azure package is ever imported here.
"""
