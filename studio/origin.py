"""Where a visitor comes from."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via")


def sits_here(sent: Mapping[str, str], address: str | None) -> bool:
    """Whether a connection comes from this machine: asked for by its own name, by nobody's mediation.

    ``address``: where it comes from, ``None`` for this machine, where a proxy may run as well.
    """
    if address is not None or any(name in sent for name in FORWARDED) or "Host" not in sent:
        return False
    asked = [f"//{sent['Host']}", *([sent["Origin"]] if "Origin" in sent else [])]
    return all(_is_loopback(url) for url in asked)


def _is_loopback(url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
