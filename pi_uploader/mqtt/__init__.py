"""The device on an MQTT broker, for Home Assistant and others: `pi-uploader mqtt`, a process of its
own.

It asks the capture process (control.py) for its state twice a second, reads the spool, and
publishes what has changed. A broker that is slow, away or hostile takes nothing from capture and
upload (docs/decisions/0102-mqtt-by-a-process-that-asks.md).
"""
