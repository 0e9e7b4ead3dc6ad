"""The origin of a URL."""

from function_app.origins import origin_of


def test_origins_are_compared_as_browsers_write_them() -> None:
    """In lower case, without the scheme's default port; "" for what has none."""
    assert origin_of("HTTPS://N.example:443/x?y#z") == "https://n.example"
    assert origin_of("http://[::1]:7071/") == "http://[::1]:7071"
    without = ("", "null", "n.example", "https://:1", "http://x:y")
    assert [origin_of(one) for one in without] == [""] * len(without)
