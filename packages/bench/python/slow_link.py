"""Runs a server and a client as on two hosts with a slow link between them, and ends when the client does.

    unshare --user --map-root-user --net python slow_link.py DELAY_MS SERVER … -- CLIENT …

Each has a network namespace of its own; this process carries the packets from one to the other, each way in
so many milliseconds. So both ends are the system's own TCP, with its acknowledgements, which a proxy's are
not. The server is 10.77.0.2. Exit code 3: such a link cannot be made here.
"""

from __future__ import annotations

import collections
import ctypes
import fcntl
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time

CLIENT, SERVER = "10.77.0.1", "10.77.0.2"
# From linux/if_tun.h and linux/sched.h.
TUNSETIFF, IFF_TUN, IFF_NO_PI, CLONE_NEWNET = 0x400454CA, 0x0001, 0x1000, 0x40000000


def main():
    delay_s = float(sys.argv[1]) / 1000
    end = sys.argv.index("--")
    try:
        client_end = open_end(CLIENT, SERVER)
        server_end, server = start_server(sys.argv[2:end])
    except (OSError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 3
    client = subprocess.Popen(sys.argv[end + 1 :])
    carry(client_end, server_end, delay_s, client)
    os.kill(server, signal.SIGTERM)
    os.waitpid(server, 0)
    return client.returncode


def open_end(address, peer):
    """Return the file in which this namespace's packets to `peer` are read and those from it are written."""
    end = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(end, TUNSETIFF, struct.pack("16sH", b"slow", IFF_TUN | IFF_NO_PI))
    for command in (
        f"addr add {address} peer {peer} dev slow",
        "link set dev slow mtu 1500 up",
        "link set dev lo up",
    ):
        subprocess.run(["ip", *command.split()], check=True)
    return end


def start_server(command):
    """Start it in a namespace of its own; return the end of the link there, and its process."""
    ours, theirs = socket.socketpair()
    server = os.fork()
    if server == 0:
        ctypes.CDLL(None).unshare(CLONE_NEWNET)
        socket.send_fds(theirs, [b"."], [open_end(SERVER, CLIENT)])
        os.execvp(command[0], command)
    return socket.recv_fds(ours, 1, 1)[1][0], server


def carry(one, other, delay_s, client):
    under_way = collections.deque()  # (when it arrives, where, packet)
    while client.poll() is None:
        wait_s = under_way[0][0] - time.monotonic() if under_way else 0.1
        for end in select.select([one, other], [], [], max(0, min(wait_s, 0.1)))[0]:
            arrival = time.monotonic() + delay_s
            under_way.append((arrival, other if end == one else one, os.read(end, 65536)))
        while under_way and under_way[0][0] <= time.monotonic():
            _, end, packet = under_way.popleft()
            os.write(end, packet)


sys.exit(main())
