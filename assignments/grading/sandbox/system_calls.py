"""System calls that a submission has no use for, and that lead out of a sandbox or past its limits.

libseccomp turns the list into the filter that bubblewrap loads. Container engines bring their own.
"""

from __future__ import annotations

import errno
import os
import signal
import tempfile

import pyseccomp as seccomp

# Refused with "Operation not permitted".
REFUSED = (
    # Other processes: bubblewrap's own process 1 could be told to outlive the grader.
    *("ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp"),
    # Keys of the person who grades.
    *("keyctl", "add_key", "request_key"),
    # Memory that no limit of a process counts.
    *("memfd_create", "memfd_secret", "shmget", "shmat", "shmctl", "semget", "msgget", "mq_open"),
    *("io_uring_setup", "io_uring_enter", "io_uring_register", "userfaultfd", "vmsplice"),
    # What is sent and not received is memory of the kernel; there is nobody to talk to either.
    *("socket", "socketpair", "io_setup", "inotify_init", "inotify_init1"),
    # New namespaces, and file systems.
    *("unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree"),
    *("fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr", "open_by_handle_at"),
    *("name_to_handle_at", "fanotify_init", "quotactl"),
    # The machine.
    *("bpf", "perf_event_open", "kexec_load", "init_module", "finit_module", "delete_module"),
    *("reboot", "swapon", "swapoff", "syslog", "acct", "settimeofday", "clock_settime", "iopl"),
    *("ioperm", "modify_ldt", "personality", "lookup_dcookie", "nfsservctl", "uselib", "ustat"),
)
CLONE_NEW = 0x7E020000  # all flags that ask clone for a new namespace, but for that of time
SHARED_AND_ANONYMOUS = 0x21
OPEN_FILE_LOCKS = (37, 38)  # F_OFD_SETLK and F_OFD_SETLKW


def filter_file() -> int:
    """Return a file descriptor of the filter, at its beginning; the caller closes it."""
    rules = seccomp.SyscallFilter(seccomp.ALLOW)
    no = seccomp.ERRNO(errno.EPERM)
    for name in REFUSED:
        try:
            rules.add_rule(no, name)
        except RuntimeError:  # a call that this libseccomp or this processor does not know
            continue
    # glibc falls back to clone, whose flags can be looked at.
    rules.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    for bit in range(32):
        flag = 1 << bit
        if CLONE_NEW & flag:
            rules.add_rule(no, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, flag, flag))
    # Whoever ignores that children end hides their processor time. It seems to work, and does not.
    rules.add_rule(seccomp.ERRNO(0), "rt_sigaction", seccomp.Arg(0, seccomp.EQ, signal.SIGCHLD))
    # Locks are memory of the kernel; programs have use for the other kind of them.
    for command in OPEN_FILE_LOCKS:
        rules.add_rule(no, "fcntl", seccomp.Arg(1, seccomp.EQ, command))
    # Shared memory without a file is counted only for those who have touched it.
    shared = SHARED_AND_ANONYMOUS
    rules.add_rule(no, "mmap", seccomp.Arg(3, seccomp.MASKED_EQ, shared, shared))
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.flush()
        descriptor = os.dup(file.fileno())
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
