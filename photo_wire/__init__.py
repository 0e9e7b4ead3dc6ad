"""What the two sides of Nightjar say to each other: a photo's name, headers, receipt, problems.

Standard library only, and it imports neither side: the Pi and the backend both import this.
"""

__version__ = "0.1.0"
