"""What listens on a port of this machine, where the system says it (in /proc, as Linux does)."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

LISTENS = "0A"
"""State of a socket in /proc/net/tcp."""
MAPPED, LOOPBACK_6 = "0000000000000000FFFF0000", "00000000000000000000000001000000"
"""How an IPv4 address within IPv6 starts there, and ::1."""


class Listener(NamedTuple):
    """A socket that listens: its address as /proc/net has it, words of four bytes, the first byte last."""

    address: str
    inode: str

    @property
    def loopback(self) -> bool:
        """Whether it is reached from this machine, or this container, alone."""
        if len(self.address) == 8 or self.address.startswith(MAPPED):
            return self.address.endswith("7F")
        return self.address == LOOPBACK_6


def listeners(port: int) -> list[Listener]:
    """Return what listens on the port; nothing where the system does not say it."""
    return [found for table in ("tcp", "tcp6") for found in _listeners(table, port)]


def held_elsewhere(found: list[Listener], started: int) -> bool:
    """Tell that processes hold these sockets, and that none of them is the one that was started, or a descendant."""
    links = {f"socket:[{listener.inode}]" for listener in found}
    ours = set()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it is another user's, or ends
            if any(str(link.readlink()) in links for link in (process / "fd").iterdir()):
                ours.add(os.getsid(int(process.name)) == started or started in _lineage(process.name))
    return bool(ours) and not any(ours)


def _lineage(process: str) -> list[int]:
    """Return the process and its ancestors: an init program starts a server in a session of its own."""
    found = [int(process)]
    while found[-1] > 1:
        stat = Path(f"/proc/{found[-1]}/stat").read_text(encoding="utf-8", errors="replace")
        found.append(int(stat.rpartition(")")[2].split()[1]))
    return found


def _listeners(table: str, port: int) -> list[Listener]:
    try:
        lines = Path(f"/proc/net/{table}").read_text(encoding="ascii").splitlines()[1:]
    except OSError:
        return []
    found = []
    for fields in map(str.split, lines):
        address, number = fields[1].split(":")
        if fields[3] == LISTENS and int(number, 16) == port:
            found.append(Listener(address, fields[9]))
    return found
