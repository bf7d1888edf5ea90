# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which settings of the tools' own files a policy may name, and which options of makedumpfile.

Asked on hosts (the policy of kdump_info) and on the controller (the variables of role kdump).
"""

import difflib
import re
from typing import Dict, Iterable, Optional

from ..host.errors import KdumpError
from .kdumpctl import conf

# Settings that variables of role kdump write, with these variables.
OWNED: Dict[str, str] = dict(
    dict.fromkeys(conf.TARGETS, "kdump_target"),
    USE_KDUMP="kdump_state",
    KDUMP_COREDIR="kdump_path",
    KDUMP_FAIL_CMD="kdump_system_action",
    KDUMP_COMPRESSION="kdump_compression",
    KDUMP_NUM_DUMPS="kdump_keep_dumps",
    MAKEDUMP_ARGS="kdump_core_collector",
    SSH="kdump_target",
    SSH_KEY="kdump_sshkey",
    NFS="kdump_target",
    path="kdump_path",
    sshkey="kdump_sshkey",
    core_collector="kdump_core_collector",
    failure_action="kdump_system_action",
    default="kdump_system_action",
    dracut_args="kdump_dracut_args",
    auto_reset_crashkernel="kdump_auto_reset_crashkernel",
)
# What kdump-config 1.6 to 1.10 reads.
_READ = (
    "USE_KDUMP KDUMP_KERNEL KDUMP_INITRD KDUMP_COREDIR KDUMP_FAIL_CMD KDUMP_DUMP_DMESG KDUMP_NUM_DUMPS KDUMP_SYSCTL "
    "KDUMP_COMPRESSION KDUMP_KEXEC_ARGS KDUMP_CMDLINE KDUMP_CMDLINE_APPEND MAKEDUMP_ARGS HOSTTAG SSH SSH_KEY "
    "SSH_KDUMP_RETRY SSH_KDUMP_SLEEP NFS NFS_TIMEO NFS_RETRANS NFS_MOUNT_RETRY "
    "FTP FTP_PORT FTP_USER FTP_PASSWORD FTPPUT_ARGS"
)
KDUMP_TOOLS = frozenset(_READ.split())
DIRECTIVES = frozenset(conf.DIRECTIVES)
TARGETS, FILE_SYSTEMS = conf.TARGETS, conf.FILE_SYSTEMS
UNKNOWN = "no kdump tool reads it"
# A file that a shell reads, a file that kdumpctl reads: a name is one word.
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
# What makedumpfile refuses, or takes for something else than was meant.
_WRONG = ("collector-options", "collector-level", "collector-no-dump", "collector-cut", "nul-byte")


def refusal(name: str, known: Iterable[str]) -> Optional[str]:
    """Why a policy's options may not name this setting of a tool that reads the I(known) ones; None when they may."""
    if name in OWNED:
        return "set {0} of role kdump instead".format(OWNED[name])
    if not NAME.match(name):
        return "it is not a name of a setting: use letters, digits and underscores"
    if name in known:
        return None
    nearest = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.75)
    return UNKNOWN + ("; did you mean {0}?".format(nearest[0]) if nearest else "")


def check_kdump_tools(options: Iterable[str], script: str) -> None:
    """Refuse settings that kdump-config does not read, whose text is I(script), or that the role's variables write."""
    for name in sorted(options):
        reason = refusal(name, KDUMP_TOOLS)
        if reason and (name in OWNED or not re.search(r"\b{0}\b".format(re.escape(name)), script)):
            reason = reason if reason.endswith("?") else reason + "."
            raise KdumpError("The option '{0}' cannot be written to /etc/default/kdump-tools: {1}".format(name, reason))


def for_kdumpctl(options: Dict[str, str]) -> Dict[str, str]:
    """I(options) without those that the role's variables write: refused. kdumpctl refuses what it does not know."""
    for name in sorted(set(options).intersection(OWNED)):
        raise KdumpError(
            "The option '{0}' cannot be written to /etc/kdump.conf: set {1} of role kdump instead.".format(
                name, OWNED[name]
            )
        )
    return options


def collector_refusal(collector: str) -> Optional[str]:
    """Why makedumpfile would refuse the options of this core collector; None when it takes them, or is another."""
    words = collector.split()
    if words[:1] != ["makedumpfile"]:
        return None
    # Whether the dump is a stream (-F) depends on the target, and each tool adds or removes that option by itself.
    line = "core_collector " + " ".join(word for word in words if word != "-F")
    problem = next((problem for problem in conf.check(line + "\n") if problem.code in _WRONG), None)
    return problem.message.replace(line + ": ", "", 1) if problem else None
