"""A fake of the Pi's camera library, which runs on a Pi only. With this folder on PYTHONPATH,
`import picamera2` finds it. tests/support/test_pi_camera.py compares it with the real ones."""
