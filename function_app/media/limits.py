"""What ends the redaction of a photo that was built to take long."""


class NotRedactableError(ValueError):
    """The photo is built in a way that leaves open what was written about it."""
