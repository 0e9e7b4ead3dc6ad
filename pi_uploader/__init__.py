"""The Pi's side of Nightjar: what triggers a photo, the camera, the spool, the way up.

Two processes share only the spool's folder: `capture` puts photos into it, `upload` takes them out
when the backend has confirmed them. No azure package is imported here, ever.
"""
