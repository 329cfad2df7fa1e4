#!/usr/bin/python3
"""Becomes a program that cannot learn whether its clock is right.

usage: unsure_clock.py PROGRAM ARGUMENT…
The kernel refuses adjtimex(2), as a service does whose unit says SystemCallFilter=~@clock: seccomp(2), by the numbers of <asm/unistd.h>.
"""
import ctypes
import errno
import os
import platform
import struct
import sys

NUMBERS = {"x86_64": (159, 305), "aarch64": (171, 266)}[platform.machine()]  # adjtimex, clock_adjtime
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06  # BPF_LD | BPF_W | BPF_ABS, BPF_JMP | BPF_JEQ, BPF_RET
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
NO_NEW_PRIVILEGES, SET_SECCOMP, FILTER = 38, 22, 2  # prctl(2)

lines = [(LOAD, 0, 0, 0), (EQUAL, 2, 0, NUMBERS[0]), (EQUAL, 1, 0, NUMBERS[1]), (RETURN, 0, 0, ALLOW), (RETURN, 0, 0, REFUSE)]
program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in lines))
described = ctypes.create_string_buffer(struct.pack("HP", len(lines), ctypes.addressof(program)))
prctl = ctypes.CDLL(None, use_errno=True).prctl
for words in ((NO_NEW_PRIVILEGES, 1, 0, 0, 0), (SET_SECCOMP, FILTER, described, 0, 0)):
    if prctl(*words) != 0:
        sys.exit(f"prctl: {os.strerror(ctypes.get_errno())}")
os.execv(sys.argv[1], sys.argv[1:])
