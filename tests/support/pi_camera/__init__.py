"""A stand-in for the Pi's camera library, which runs on a Pi only. This folder on PYTHONPATH makes
`import picamera2` find it. tests/pi_uploader/test_picamera_signatures.py holds it to the real
one."""
