"""What is raised when something on the wire is not what it has to be."""


class WireError(ValueError):
    """A value from the other side breaks the wire's rules.

    `field` is the header, parameter or member that holds it; the text says what is wrong with it
    and what is expected. The offending value is quoted shortened, so that it fits into a log line.
    """

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


def quoted(value: str, longest: int = 80) -> str:
    """The value as it may be shown in a message: quoted, escaped, not longer than `longest`."""
    return ascii(value if len(value) <= longest else value[:longest] + "...")


def printable(text: str, longest: int = 500, keep: str = "") -> str:
    """The text as a log and a terminal may show it: without control characters, and without those
    that turn the direction of what follows (Unicode's categories C and Z, but for the space and
    what is in `keep`)."""
    shown = text if len(text) <= longest else text[:longest] + "..."
    return "".join(
        one if one.isprintable() or one in keep else one.encode("unicode_escape").decode()
        for one in shown
    )
