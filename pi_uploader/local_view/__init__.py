"""What a program on the device may see of it and ask of it: below the page and MQTT.

Whoever uses it, and however often, takes little from the capture process and the spool: answers are
cached for a moment, and photos are limited in number.
"""
