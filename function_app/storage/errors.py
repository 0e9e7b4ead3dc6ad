"""What goes wrong in storage, for whoever uses it."""


class StorageUnavailableError(Exception):
    """Storage did not do what it was asked to do; it may later. The text says why, and contains no
    secret."""


class RejectedError(StorageUnavailableError):
    """Storage rejects what it was given, and would reject it each time."""


class DamagedRecordError(Exception):
    """What is stored under a photo's name, or in a row of counts, was not written by Nightjar, or
    was changed since."""
