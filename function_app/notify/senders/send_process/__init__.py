"""The process that sends: a program of its own that imports nothing else of Nightjar.

function_app/notify/senders/process.py starts it with `python -I -S`. Modules import each other
relatively, so that no other package of Nightjar, and so no part of the backend, is loaded here.
"""
