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
