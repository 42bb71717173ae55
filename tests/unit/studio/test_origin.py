"""Which connections come from this machine."""

import pytest

from studio.origin import sits_here


@pytest.mark.parametrize("host", ["localhost", "localhost:8501", "127.0.0.1:8501", "[::1]:8501"])
def test_asked_for_by_its_own_name_it_is_this_machine(host: str) -> None:
    assert sits_here({"Host": host}, None)
    assert sits_here({"Host": host, "Origin": f"http://{host}"}, None)


@pytest.mark.parametrize(
    ("sent", "address"),
    [
        ({"Host": "localhost:8501"}, "192.168.0.7"),  # another machine that lies about the host
        ({"Host": "studio.example.org"}, None),  # a proxy that hands the name on
        ({"Host": "127.0.0.1:8501", "Origin": "https://studio.example.org"}, None),  # a proxy that does not
        ({"Host": "localhost", "X-Forwarded-For": "192.168.0.7"}, None),
        ({"Host": "localhost", "Forwarded": "for=192.168.0.7"}, None),
        ({"Host": "rebound.example.org:8501", "Origin": "http://rebound.example.org:8501"}, None),
        ({"Host": "localhost.example.org"}, None),
        ({"Host": "[broken"}, None),
        ({}, None),  # a connection that is closed
    ],
)
def test_anything_else_is_not(sent: dict[str, str], address: str | None) -> None:
    assert not sits_here(sent, address)
