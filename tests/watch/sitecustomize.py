"""Run by every Python process of a test run: connections to other machines are refused and written down.

``$CONNECTIONS`` names the file; lookups of names count too, since they leave the machine as well.
"""

import ipaddress
import os
import socket
import sys


def is_here(host: object) -> bool:
    """Whether an address or a name is that of this machine."""
    name = host.decode() if isinstance(host, bytes) else str(host or "localhost")
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return name in ("localhost", socket.gethostname())
    return address.is_loopback or address.is_unspecified


def watch(event: str, arguments: tuple) -> None:
    """An audit hook."""
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto"):
        host = arguments[1][0] if isinstance(arguments[1], tuple) else None  # else a socket in the file system
    elif event == "socket.gethostbyname":
        host = arguments[0]
    else:
        return
    if not is_here(host):
        with open(os.environ["CONNECTIONS"], "a", encoding="utf-8") as log:  # noqa: PTH123 (nothing more is imported)
            log.write(f"{host}, by {' '.join(sys.orig_argv)[:200]}\n")
        raise ConnectionRefusedError(f"Tests connect to nobody, and to {host} neither.")


if "CONNECTIONS" in os.environ:
    sys.addaudithook(watch)
