"""The Pi's own camera, through picamera2."""
