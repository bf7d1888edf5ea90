# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What kernel-install makes of later kernels, and the arguments that it gives them: kernel-install(8)."""

import os
from typing import Dict

from ..host.kernel_arguments import split_values
from ..host.machine import Host

COMMAND_LINE = "/etc/kernel/cmdline"
VENDORS_COMMAND_LINE = "/usr/lib/kernel/cmdline"
NOT_KEPT = ("BOOT_IMAGE=", "initrd=")  # out of /proc/cmdline
SETTINGS = ("/etc/kernel", "/run/kernel", "/usr/local/lib/kernel", "/usr/lib/kernel")


def layout(host: Host) -> str:
    """The layout that is set: bls (entries), uki (images), another word, or nothing.

    The first install.conf counts, and behind it those in install.conf.d, of which one hides others of its name.
    """
    texts = [host.read(directory + "/install.conf") for directory in SETTINGS]
    text = next((one for one in texts if one is not None), "")
    drop_ins: Dict[str, str] = {}
    for directory in reversed(SETTINGS):
        drop_ins.update((os.path.basename(path), path) for path in host.glob(directory + "/install.conf.d/*.conf"))
    for _name, path in sorted(drop_ins.items()):
        text += "\n" + (host.read(path) or "")
    found = ""
    for name, equals, value in [line.partition("=") for line in text.split("\n")]:
        if name.strip() == "layout" and equals:
            found = value.strip().strip("\"'")  # up to release 254 a shell reads it
    return found


def command_line(host: Host) -> str:
    """The arguments of later kernels, without what add-ons bring to their images."""
    for path in (COMMAND_LINE, VENDORS_COMMAND_LINE):
        text = host.read(path)
        if text is not None:
            return " ".join(split_values(text))
    running = split_values(host.read("/proc/cmdline") or "")
    return " ".join(word for word in running if not word.startswith(NOT_KEPT))
