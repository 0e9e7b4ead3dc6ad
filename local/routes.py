"""Route templates, as ASP.NET and so the real Functions host reads them.

`{id}` is one segment, `{id?}` one or none, `{*path}` the rest of the path; literals ignore case,
and a slash at the end counts only in a `{*path}`. `maxlength(n)` is the only supported constraint.
"""

import re
from dataclasses import dataclass, field

_PARAMETER = re.compile(r"\{(\*{0,2})(\w+)(?::maxlength\((\d+)\))?(\?)?\}")


@dataclass(frozen=True)
class Route:
    """A template such as `api/photos/{id}`, without a leading slash.

    If several match a path, the one with the lowest `rank` is used: segment by segment a literal
    precedes a parameter, and a parameter precedes a catch-all.
    """

    template: str
    rank: tuple[int, ...] = field(init=False)
    pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        segments = [_segment(text) for text in self.template.split("/") if text]
        object.__setattr__(self, "rank", tuple(rank for rank, _ in segments))
        pattern = "".join(pattern for _, pattern in segments) + "/?"
        object.__setattr__(self, "pattern", re.compile(pattern, re.IGNORECASE | re.DOTALL))

    def match(self, path: str) -> dict[str, str] | None:
        """Return the parameters in `path` (decoded, with its leading slash), without missing
        optional ones; None if it does not match."""
        match = self.pattern.fullmatch(path)
        if match is None:
            return None
        return {name: value for name, value in match.groupdict().items() if value}


def _segment(text: str) -> tuple[int, str]:
    """Return the rank and the pattern of one segment. Raises ValueError if it is not supported."""
    if "{" not in text:
        return 1, "/" + re.escape(text)
    match = _PARAMETER.fullmatch(text)
    if match is None:
        raise ValueError(f"the local host does not support the route segment {text!r}")
    stars, name, max_length, optional = match.groups()
    if stars:
        return 5, f"(?:/(?P<{name}>.*))?"
    if max_length is None:
        rank, one = 3, f"/(?P<{name}>[^/]+)"
    else:
        rank, one = 2, f"/(?P<{name}>[^/]{{0,{max_length}}})"
    return rank, f"(?:{one})?" if optional else one
