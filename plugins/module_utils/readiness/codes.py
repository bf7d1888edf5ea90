# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The codes of findings: severity, what they block, who fixes them. docs/findings.md describes each."""

from typing import Any, Dict, NamedTuple, Optional, Tuple

NOW = "now"
NEXT_BOOT = "next_boot"
ROLLOUT = "rollout"
CRASH_TEST = "crash_test"
ADMINISTRATOR = "administrator"


class Kind(NamedTuple):
    """What every finding of one code has in common."""

    severity: str  # error, warning or info
    blocks: Tuple[str, ...]  # what it makes impossible: capturing a crash now, and after the next reboot
    mended_by: str  # rollout, crash_test or administrator
    remedy: str


class Finding(NamedTuple):
    """One fact that keeps a host from capturing a crash, or may."""

    code: str
    message: str
    blocked: Optional[Tuple[str, ...]] = None  # where that is less than what its kind may block

    @property
    def blocks(self) -> Tuple[str, ...]:
        """What it makes impossible."""
        return CODES[self.code].blocks if self.blocked is None else self.blocked

    def as_dict(self) -> Dict[str, Any]:
        """The finding as a module returns it."""
        kind = CODES[self.code]
        return {
            "code": self.code,
            "severity": kind.severity,
            "message": self.message,
            "remedy": kind.remedy,
            "blocks": list(self.blocks),
            "mended_by": kind.mended_by,
        }


BOTH = (NOW, NEXT_BOOT)
CODES: Dict[str, Kind] = {
    "container": Kind("error", BOTH, ADMINISTRATOR, "Take it out of the group, and audit the machine that it runs on."),
    "kexec-unsupported": Kind(
        "error", BOTH, ADMINISTRATOR, "Boot a kernel built with CONFIG_KEXEC and CONFIG_CRASH_DUMP."
    ),
    "not-installed": Kind("error", BOTH, ROLLOUT, "Run the rollout, or install the package."),
    "command-missing": Kind("error", BOTH, ROLLOUT, "Run the rollout, or install the package."),
    "configuration-missing": Kind("error", BOTH, ROLLOUT, "Run the rollout, which writes it."),
    "configuration-invalid": Kind("warning", (), ADMINISTRATOR, "Correct the line; the message names it."),
    "configuration-read-only": Kind(
        "error", (), ADMINISTRATOR, "See in the kernel's log why it is read-only; mount it writable, and run again."
    ),
    "configuration-differs": Kind("warning", (), ROLLOUT, "Run the rollout, or change the policy."),
    "configuration-overridden": Kind(
        "warning", (), ADMINISTRATOR, "Remove the line, or change the policy to what it says."
    ),
    "configuration-refused": Kind(
        "error", (NEXT_BOOT,), ROLLOUT, "Run the rollout, or correct the line; do not restart the unit before."
    ),
    "policy-refused": Kind(
        "error",
        (),
        ADMINISTRATOR,
        "Change the policy; an empty value in kdump_options, such as {blacklist: ''}, takes a directive out.",
    ),
    "configuration-not-loaded": Kind("warning", (), ROLLOUT, "Run the rollout, or restart the unit."),
    "capture-initrd-outdated": Kind(
        "warning", (), ROLLOUT, "Run the rollout, or restart the unit, which builds it again."
    ),
    "capture-initrd-from-future": Kind(
        "warning", (), ADMINISTRATOR, "Correct the clock, then run kdumpctl rebuild and restart the unit."
    ),
    "kdump-switched-off": Kind("error", BOTH, ROLLOUT, "Run the rollout, or set USE_KDUMP=1."),
    "capture-unit-missing": Kind(
        "error", BOTH, ADMINISTRATOR, "Add systemd.unit=kdump-tools-dump.service to KDUMP_CMDLINE_APPEND."
    ),
    "capture-hangs-on-panic": Kind(
        "warning", (), ROLLOUT, "Run the rollout, or add panic=10 to the capture arguments."
    ),
    "symbols-missing": Kind(
        "warning", (), ROLLOUT, "Run the rollout, or enable a repository that still has the exact package."
    ),
    "service-disabled": Kind("error", (NEXT_BOOT,), ROLLOUT, "Run the rollout, or enable the unit."),
    "service-masked": Kind(
        "error", (NEXT_BOOT,), ADMINISTRATOR, "Find out who masked it and why; then unmask the unit."
    ),
    "bootloader-unknown": Kind(
        "error", (NEXT_BOOT,), ADMINISTRATOR, "See what the message looked for; set crashkernel= by hand."
    ),
    "crashkernel-not-staged": Kind(
        "error", (NEXT_BOOT,), ROLLOUT, "Run the rollout, or set crashkernel= on the boot entries."
    ),
    "crashkernel-differs": Kind("warning", (), ROLLOUT, "Run the rollout, or change the policy."),
    "crashkernel-varies": Kind(
        "warning", (), ADMINISTRATOR, "Name one value in kdump_crashkernel; the rollout gives it to every entry."
    ),
    "crashkernel-overwritable": Kind(
        "warning", (), ADMINISTRATOR, "Name the value in kdump_crashkernel, or set auto_reset_crashkernel no."
    ),
    "crashkernel-reserves-nothing": Kind(
        "error", (NEXT_BOOT,), ADMINISTRATOR, "Set kdump_crashkernel to a value that covers this host's memory."
    ),
    "future-kernels-uncovered": Kind("warning", (), ROLLOUT, "Run the rollout, which sets it for later kernels too."),
    "crash-memory-not-wanted": Kind(
        "warning", BOTH, ADMINISTRATOR, "Set kdump_crashkernel to a value, or to 'default', where dumps are wanted."
    ),
    "memory-not-reserved": Kind("error", (NOW,), ROLLOUT, "Run the rollout, which stages crashkernel= and reboots."),
    "reservation-refused": Kind(
        "error", BOTH, ADMINISTRATOR, "Choose a value that the kernel's message does not refuse."
    ),
    "crash-memory-below-asked": Kind(
        "warning", (), ADMINISTRATOR, "Reboot; where it is so again, find what writes to /sys/kernel/kexec_crash_size."
    ),
    "reboot-required": Kind("warning", (), ROLLOUT, "Reboot the host, or run the rollout with kdump_reboot_ok."),
    "reboot-without-effect": Kind(
        "error",
        (NEXT_BOOT,),
        ADMINISTRATOR,
        "Set crashkernel= where the arguments come from (hypervisor, PXE server, kexec, another boot loader) and "
        "reboot; or set kdump_crashkernel to what that says.",
    ),
    "capture-kernel-not-loaded": Kind(
        "error", (NOW,), ROLLOUT, "Run the rollout, or restart the unit and read its journal."
    ),
    "capture-kernel-building": Kind(
        "error", (NOW,), ROLLOUT, "Wait a few minutes; a restart would only begin it again."
    ),
    "kexec-load-disabled": Kind(
        "error", BOTH, ADMINISTRATOR, "Find what sets kernel.kexec_load_disabled=1 at boot and order it after kdump."
    ),
    "kexec-load-disabled-at-boot": Kind(
        "error",
        (NEXT_BOOT,),
        ADMINISTRATOR,
        "Take kernel.kexec_load_disabled out of that file, or set it by a unit that is ordered after kdump.",
    ),
    "lockdown": Kind(
        "warning", (), ADMINISTRATOR, "Boot a signed kernel; kexec must load it with -s (kexec_file_load)."
    ),
    "panic-hangs": Kind(
        "warning", (), ADMINISTRATOR, "Set kernel.panic=10, so that a host without capture comes back."
    ),
    "oops-does-not-crash": Kind(
        "info", (), ADMINISTRATOR, "Set kernel.panic_on_oops=1 to get a dump of an oops as well."
    ),
    "target-mount-refused": Kind(
        "error", BOTH, ADMINISTRATOR, "Fix what the message names, or change kdump_target or kdump_mount_point."
    ),
    "target-not-mounted": Kind("error", BOTH, ROLLOUT, "Run the rollout, which mounts it."),
    "target-not-mounted-at-boot": Kind(
        "warning", (), ADMINISTRATOR, "Correct its line in /etc/fstab, or let the rollout mount it: kdump_mount_point."
    ),
    "target-mount-hard": Kind(
        "warning",
        (),
        ADMINISTRATOR,
        "Let the rollout write the options (kdump_nfs_options), or add soft to those of the mount or the line.",
    ),
    "target-not-a-directory": Kind(
        "error", BOTH, ADMINISTRATOR, "Move what stands there, or choose another kdump_path."
    ),
    "target-missing": Kind("warning", (), ROLLOUT, "Run the rollout, which creates it."),
    "target-read-only": Kind("error", BOTH, ADMINISTRATOR, "Mount it writable, or choose another kdump_path."),
    "target-readable-by-others": Kind("warning", (), ROLLOUT, "Run the rollout, or chmod 0700: dumps hold secrets."),
    "target-shared": Kind("warning", (), ADMINISTRATOR, "Choose a kdump_path of its own: dumps hold secrets."),
    "target-space-low": Kind("warning", (), ADMINISTRATOR, "Free room, or choose another kdump_path."),
    "target-device-in-use": Kind(
        "error", BOTH, ADMINISTRATOR, "Name a device in kdump_target that nothing else uses, or another type of target."
    ),
    "target-device-not-empty": Kind(
        "error",
        BOTH,
        ADMINISTRATOR,
        "Name an empty device in kdump_target; or, where what is on it may be lost, name it in kdump_overwrite_device.",
    ),
    "target-device-unfit": Kind(
        "error", BOTH, ADMINISTRATOR, "Name a device in kdump_target that is large enough, and writable."
    ),
    "target-key-missing": Kind("error", BOTH, ROLLOUT, "Run the rollout, which makes the key and enrols it."),
    "target-name-unresolved": Kind(
        "error", BOTH, ADMINISTRATOR, "Correct the name in the policy, or add it to DNS or /etc/hosts."
    ),
    "target-unreachable": Kind(
        "error", BOTH, ADMINISTRATOR, "Check the route, firewalls, and whether the server is up."
    ),
    "target-port-closed": Kind(
        "error", BOTH, ADMINISTRATOR, "Start the service on the server, or open the port in its firewall."
    ),
    "target-host-key-unknown": Kind(
        "error",
        BOTH,
        ROLLOUT,
        "Run the rollout, which pins those in kdump_dump_server_host_keys, or those that it reads on a server of the "
        "inventory.",
    ),
    "target-key-refused": Kind(
        "error", BOTH, ROLLOUT, "Enrol the key on the server: its play does, or the rollout for kdump_ssh_server."
    ),
    "target-key-of-another-host": Kind(
        "error",
        BOTH,
        ADMINISTRATOR,
        "Give this host a key of its own: kdump.fleet.dump_server with -e kdump_rotate_keys=true. If this host was "
        "renamed, run it without.",
    ),
    "target-gate-fails": Kind(
        "error",
        BOTH,
        ADMINISTRATOR,
        "Run kdump.fleet.dump_server for this server, which installs the gate for the Python that is there.",
    ),
    "target-is-this-host": Kind(
        "error",
        BOTH,
        ADMINISTRATOR,
        "Choose another server for this host, or kdump_target {type: local}: a host that crashed receives nothing.",
    ),
    "target-path-not-writable": Kind(
        "error", BOTH, ADMINISTRATOR, "Give root of this host, or the user of the key, the right to write there."
    ),
    "target-in-use-fails": Kind(
        "error", BOTH, ROLLOUT, "Run the rollout, which has dumps go where the policy says, or fix what fails."
    ),
    "fallback-missing": Kind("warning", (), ROLLOUT, "Run the rollout, or set kdump_fallback to none."),
    "fallback-fails": Kind(
        "warning", (), ADMINISTRATOR, "Name kdump_target and kdump_fallback, update kdump-utils, or dump to an export."
    ),
    "fallback-hidden": Kind(
        "warning", (), ADMINISTRATOR, "Choose a kdump_path on the root file system, or kdump_system_action reboot."
    ),
    "fallback-space-low": Kind(
        "warning", (), ADMINISTRATOR, "Free room there, or set kdump_fallback none and kdump_system_action reboot."
    ),
    "capture-initrd-incomplete": Kind(
        "error", BOTH, ADMINISTRATOR, "Install what is missing, then run kdumpctl rebuild and restart the unit."
    ),
    "crash-memory-below-need": Kind(
        "warning", (), ADMINISTRATOR, "Raise kdump_crashkernel, or set kdump_memory_policy to raise."
    ),
    "crash-memory-wasteful": Kind(
        "info", (), ADMINISTRATOR, "Lower kdump_crashkernel to what would do, and prove it by a crash."
    ),
    "proof-missing": Kind("info", (), CRASH_TEST, "Run the crash test in a maintenance window."),
    "proof-expired": Kind("info", (), CRASH_TEST, "Run the crash test again in a maintenance window."),
}
