"""Telling addresses on the internet from those at home."""

import ipaddress

_HOME_SUFFIXES = (".local", ".internal", ".localhost", ".test", ".lan")


def is_public(host: str) -> bool:
    """Return whether `host`, a name or a literal address, is one that needs the internet; asks nobody."""
    bare = host.strip("[]").rstrip(".").lower()
    try:
        return ipaddress.ip_address(bare.partition("%")[0]).is_global
    except ValueError:
        return "." in bare and not bare.endswith(_HOME_SUFFIXES)


def split(target: str) -> tuple[str, int]:
    """Return the host and port of `"host:port"` or `"[::1]:port"`; ValueError where it is neither."""
    host, colon, port = target.rpartition(":")
    bare = host.strip("[]")
    if not (colon and bare and port.isdecimal() and 0 < int(port) < 65536) or (":" in bare and host[0] != "["):
        raise ValueError('"host:port", the port from 1 to 65535')
    return bare, int(port)
