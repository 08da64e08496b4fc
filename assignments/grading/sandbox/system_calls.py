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
    *("epoll_create", "epoll_create1"),  # Python waits with poll then
    # Lists of rights, filters and rulesets are memory of the kernel, too.
    *("setxattr", "lsetxattr", "fsetxattr", "seccomp"),
    *("landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"),
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
# What libseccomp has no name for yet; new calls have one number on all processors.
REFUSED_BY_NUMBER = (463,)  # setxattrat
LOCKS = (6, 7)  # F_SETLK and F_SETLKW
OPEN_FILE_LOCKS = (37, 38)  # F_OFD_SETLK and F_OFD_SETLKW
PR_SET_SECCOMP = 22


def _is(number: int, value: int) -> seccomp.Arg:
    """Whether an argument has a value, in the 32 bits that the kernel looks at."""
    return seccomp.Arg(number, seccomp.MASKED_EQ, 0xFFFFFFFF, value)


def filter_file() -> int:
    """Return a file descriptor of the filter, at its beginning; the caller closes it."""
    rules = seccomp.SyscallFilter(seccomp.ALLOW)
    no = seccomp.ERRNO(errno.EPERM)
    for name in REFUSED:
        try:
            rules.add_rule(no, name)
        except RuntimeError:  # a call that this processor does not have
            continue
    for number in REFUSED_BY_NUMBER:
        rules.add_rule(no, number)
    # glibc falls back to clone, whose flags can be looked at.
    rules.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    for bit in range(32):
        flag = 1 << bit
        if CLONE_NEW & flag:
            rules.add_rule(no, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, flag, flag))
    # Ignoring the end of children would hide their processor time. It seems to work, and does not.
    seems_to_work = seccomp.ERRNO(0)
    rules.add_rule(seems_to_work, "rt_sigaction", _is(0, signal.SIGCHLD))
    # The kernel shares the processor among sessions: many of them would take it from others.
    rules.add_rule(seems_to_work, "setsid")
    # Locks are memory of the kernel, and nobody else opens these files.
    for command in LOCKS:
        rules.add_rule(seems_to_work, "fcntl", _is(1, command))
    for command in OPEN_FILE_LOCKS:
        rules.add_rule(no, "fcntl", _is(1, command))
    rules.add_rule(no, "prctl", _is(0, PR_SET_SECCOMP))
    # Shared memory without a file is counted only for those who have touched it.
    shared = SHARED_AND_ANONYMOUS
    rules.add_rule(no, "mmap", seccomp.Arg(3, seccomp.MASKED_EQ, shared, shared))
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.flush()
        descriptor = os.dup(file.fileno())
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
