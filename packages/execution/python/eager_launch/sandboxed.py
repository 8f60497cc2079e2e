"""Becomes an ipykernel with limits, inside a sandbox. The first argument is a JSON object of `Limits`."""

from __future__ import annotations

import json
import os
import resource
import runpy
import sys
from typing import TypedDict


class Limits(TypedDict):
    """What the processes of a sandbox may use; the first two are for each process."""

    memory_bytes: int
    cpu_seconds: int | None
    processes: int
    # The user to become, where root made the sandbox; its user namespace has this one beside root.
    user: int | None


def main() -> None:
    limits: Limits = json.loads(sys.argv.pop(1))
    # ipykernel interrupts what its program has started only when it leads its process group.
    os.setpgid(0, 0)
    if limits["user"] is not None:
        become(limits["user"])
    limit(resource.RLIMIT_CORE, 0)
    limit(resource.RLIMIT_AS, limits["memory_bytes"])
    limit(resource.RLIMIT_NPROC, limits["processes"])
    if limits["cpu_seconds"] is not None:
        # The hard limit is another second: a process that is over it is killed, and does not show why.
        limit(resource.RLIMIT_CPU, limits["cpu_seconds"], limits["cpu_seconds"] + 1)
    runpy.run_module("ipykernel_launcher", run_name="__main__", alter_sys=True)


def limit(kind: int, soft: int, hard: int | None = None) -> None:
    _, given = resource.getrlimit(kind)
    most = sys.maxsize if given == resource.RLIM_INFINITY else given
    resource.setrlimit(kind, (min(soft, most), min(soft if hard is None else hard, most)))


def become(user: int) -> None:
    """
    Give up being root, for whom Linux enforces no limit on processes, and the making of more user namespaces.

    What is left of root's power is to pass over the permissions of root's files, as far as they are mounted
    here: a working folder that only root can read is still read.
    """
    # Only root waits for this import.
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)

    def call(name: str, *args: object) -> None:
        if getattr(libc, name)(*args) != 0:
            error = ctypes.get_errno()
            raise OSError(error, f"{name}: {os.strerror(error)}")

    with open("/proc/sys/user/max_user_namespaces", "w") as file:
        file.write("0")
    call("mount", None, b"/proc", None, PROC_READ_ONLY, None)
    with open("/proc/sys/kernel/cap_last_cap") as file:
        last = int(file.read())
    for capability in range(last + 1):
        if capability != CAP_DAC_OVERRIDE:
            call("prctl", PR_CAPBSET_DROP, capability, 0, 0, 0)
    call("prctl", PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    only = 1 << CAP_DAC_OVERRIDE
    # Two words of each set, which are the effective, the permitted and the inheritable.
    call("capset", header, (ctypes.c_uint32 * 6)(only, only, only, 0, 0, 0))
    # So that the programs it starts have it, too.
    call("prctl", PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)


# MS_REMOUNT | MS_BIND | MS_NOEXEC | MS_NODEV | MS_NOSUID | MS_RDONLY of <linux/mount.h>. A remount has to
# repeat what was set before.
PROC_READ_ONLY = 0x20 | 0x1000 | 0x8 | 0x4 | 0x2 | 0x1
# From <linux/capability.h> and <linux/prctl.h>.
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522
PR_SET_KEEPCAPS = 8
PR_CAPBSET_DROP = 24
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2

main()
