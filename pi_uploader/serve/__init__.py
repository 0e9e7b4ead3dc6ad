"""The device's own page, for the local network: `pi-uploader serve`, a process of its own.

It asks the capture process (control.py) for photos, live pictures and its state, and reads the
spool. Whatever its clients send, it takes little from the other processes: few requests at a time,
few photos a minute, and nothing that it stores (docs/decisions/0082-the-devices-own-page.md).
"""
