"""The wire between device and backend: a photo's name, its headers, its receipt, problems.

It uses the standard library only and imports neither side: the device and the backend import it.
"""

__version__ = "0.1.0"
