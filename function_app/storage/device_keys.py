"""The partitions of the table `devices`. No device or camera can have a name with a tilde."""

CAMERAS = "cameras"  # by camera: the device that takes its photos
# By device: its public key, keys that wait for the owner's approval, and its last heartbeat. It is
# one row, so that a heartbeat takes one read and one write.
STATES = "states"
FIRST_CAMERA = "camera"  # a column of STATES: under which camera a silence is reported
NEW_ALERTS = "~new-alerts"  # the key of a row of STATES, after all devices (new_alerts.py)
OLD_IDENTITIES = "identities"  # by device: its key, as versions up to 0.1.0 stored it
LOOKING = "looking"  # by camera: its device, and until when somebody looks at it live

UNKNOWN_ALERTS = "unknown-alerts"  # by camera: the alerts of unknown senders in a day


def history_of(device: str) -> str:
    """Return the partition of a device's hourly figures."""
    return f"history~{device}"


def commands_of(device: str) -> str:
    """Return the partition of a device's commands."""
    return f"commands~{device}"


def intervals_of(device: str) -> str:
    """Return the partition of the intervals in which a device was silent, and those in which one of
    its cameras was disarmed or failing."""
    return f"intervals~{device}"
