#!/usr/bin/python
# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module kdump_info."""

DOCUMENTATION = r"""
module: kdump_info
short_description: Whether a crash of this host would be captured, and if not, why
version_added: 0.1.0
author:
  - The kdump.fleet authors (@kdump-fleet)
description:
  - Looks at a host in one remote call and answers whether a kernel crash would be captured now, and after the next
    reboot. What keeps it from that is a list of findings, each with a stable code, a severity, a message with the
    host's own values, and the remedy.
  - Readiness is judged by what the kernel says in C(/sys) and C(/proc), and by the files that the next boot uses;
    never by a unit's state, because units start and do nothing when no memory is reserved.
  - It reads files only. The kernel's log is asked (C(dmesg)) only when memory should have been reserved and was not,
    a dump server only when dumps go to one (O(probe)), a device (C(blkid)) only while it waits for being mounted or is
    a raw target without a dump on it, and
    C(makedumpfile --mem-usage), which walks all memory for a minute at most and keeps its bitmap in a temporary file,
    only where there is less room for a dump than RAM, and no more than 64 GiB of that.
  - All codes are described in the collection's C(docs/findings.md).
requirements:
  - Python 3.6 or newer on the host; Python 3.6 (RHEL 8) needs a controller with ansible-core 2.16
  - root, because C(/proc/iomem) hides its addresses from others
options:
  policy:
    description:
      - What the host should be. Settings that differ become findings. What is left out is not judged.
      - What an earlier rollout has written into its block of a configuration file, and is not in the policy any more,
        differs as well. Without any policy it does not.
    type: dict
    default: {}
    suboptions:
      crashkernel:
        description:
          - Values that every boot entry should have, blank-separated, without the name V(crashkernel=).
          - V(default) means the collection's own value for the host's kdump tool. V(absent) means that no entry should
            have one, so that nothing is captured.
        type: str
      target:
        description:
          - Where dumps go, with C(type) and C(location) as kdump.conf(5) has them. The type V(local) is the root file
            system.
        type: dict
        suboptions:
          type:
            description: V(local), or the name of the directive.
            type: str
            required: true
          location:
            description: The device, server or export.
            type: str
      overwrite_device:
        description:
          - A device that a target of type V(raw) may overwrite although it holds something, V(/dev/disk/by-id/...) or
            another name of it. Only that device, and never one that is mounted, swap space or a part of something
            else.
        type: path
      host_name:
        description:
          - The name by which a dump server of role P(kdump.fleet.dump_server#role) knows this host, its inventory name.
            That the server takes the host for another one, because it has the key of that one, is a finding then.
          - Left out, the server is not asked for it.
        type: str
      path:
        description: Directory that receives the dumps; inside the target where that is a file system of its own.
        type: path
      mount_point:
        description:
          - Directory at which the rollout mounts a target that is a file system, through C(/etc/fstab). What is
            missing for that is a finding which the rollout fixes.
          - With kdump-tools, which has no such target, the dumps' directory is O(policy.path) below it.
        type: path
      nfs_options:
        description:
          - Options with which the capture kernel mounts an export that C(/etc/kdump.conf) names (directive C(nfs)).
            kdumpctl takes them from a line in C(/etc/fstab), which the rollout writes; empty for no such line.
          - Where an administrator has a line for the export, or has mounted it, that decides.
          - Only kdumpctl has this; kdump-tools mounts by options of its own.
        type: str
      sshkey:
        description: The private key for an ssh target.
        type: path
      core_collector:
        description: C(makedumpfile) and its options, for instance V(makedumpfile -c -d 31).
        type: str
      compression:
        description: The program that compresses the dump on the way, V(none) for none. Only kdump-tools has this.
        type: str
        choices: [none, bzip2, gzip, lz4, xz]
      keep_dumps:
        description: How many local dumps are kept; V(0) keeps all. Only kdump-tools has this.
        type: int
      failure_action:
        description: What the capture kernel does when it cannot save the dump, in the words of kdump.conf(5).
        type: str
      fallback:
        description:
          - V(local) wants a dump that cannot reach its server, by ssh or NFS, to be saved on the host itself.
          - V(none) is no opinion. With kdumpctl, O(policy.failure_action) outweighs it.
          - Where the host's kdump.sh would lose that dump, the core collector becomes
            C(/usr/local/sbin/kdump-fleet-collector) of role C(kdump), with the options of C(makedumpfile).
        type: str
        choices: [local, none]
      dracut_args:
        description: Further arguments for dracut. Only kdumpctl has this.
        type: str
      auto_reset_crashkernel:
        description:
          - Whether package updates may change crashkernel=. Only kdumpctl has this.
          - When it is left out, a value of its own in C(crashkernel) asks for V(false).
        type: bool
      options:
        description: Further settings, in the names of the tool's own configuration file.
        type: dict
      environment:
        description: Settings of C(/etc/sysconfig/kdump). Only kdumpctl has this.
        type: dict
      keep_larger:
        description: Whether boot entries that reserve more than O(policy.crashkernel) are as good, and less than a
          capture needs is for the rollout to fix.
        type: bool
      analysis:
        description: Whether the symbols of the running kernel belong on the host.
        type: bool
  fingerprint:
    description:
      - Whether to answer with RV(fingerprint). On a host without a proof that reads the capture kernel and the capture
        initrd to their ends; with one they are read only when their size or time has changed.
    type: bool
    default: false
  inspect:
    description:
      - Whether to look into the capture initrd as well (C(lsinitrd)) and to ask C(kdumpctl estimate), which takes
        seconds to minutes and may build a capture initrd that is out of date. Not done in check mode, nor while the
        unit works. RV(recommended) then is the host's own estimate.
      - Hosts with kdump-tools have nothing to inspect, because their capture kernel boots the root file system.
    type: bool
    default: false
  probe:
    description:
      - Whether a dump server is asked if a dump would get through to it, for targets of type ssh and nfs. Where the
        policy names another than the one in use, both are. Each step has a time limit, all of them together that of a
        minute.
      - V(read) resolves the name and, on an ssh server with the host's key, makes the directory where it is missing
        (C(mkdir -p)) and reads the free room (C(df)), as kdumpctl does. Without a key, and for an export, no more than
        the port is tried.
      - V(write) also makes and removes a directory there by ssh (C(mktemp), C(rmdir)), or writes a file on the export
        and removes it. An export that the host has not mounted is mounted for that, in a mount namespace (C(unshare))
        that ends with the command. In check mode it is V(read).
      - V(none) leaves the server alone.
    type: str
    choices: [none, read, write]
    default: read
extends_documentation_fragment:
  - kdump.fleet.attributes
  - kdump.fleet.attributes.reads_only
attributes:
  check_mode:
    description: Reads only, and so does the same in check mode, but for O(inspect).
    support: full
seealso:
  - module: kdump.fleet.crash_memory_info
  - module: kdump.fleet.vmcore_info
"""

EXAMPLES = r"""
- name: Would this host's crash be captured?
  kdump.fleet.kdump_info:
  register: kdump

- name: Stop when it would not
  ansible.builtin.assert:
    that: kdump.ready
    fail_msg: "{{ kdump.findings | map(attribute='message') | join(' ') }}"

- name: Say how much should be reserved
  ansible.builtin.debug:
    msg: "{{ kdump.recommended.bytes // 1048576 }} MiB: {{ kdump.recommended.reason }}"
  when: kdump.recommended is not none

- name: Judge the host against a policy
  kdump.fleet.kdump_info:
    policy:
      crashkernel: 512M-2G:192M,2G-64G:256M,64G-:512M
      path: /var/crash
      core_collector: makedumpfile -c -d 31
"""

RETURN = r"""
ready:
  description: Whether a crash would be captured now and after the next reboot.
  type: bool
  returned: success
  sample: true
ready_now:
  description: Whether a crash would be captured now.
  type: bool
  returned: success
  sample: true
ready_next_boot:
  description: Whether a crash would be captured after the next reboot.
  type: bool
  returned: success
  sample: true
needs_rollout:
  description: Whether there are findings that the rollout fixes.
  type: bool
  returned: success
  sample: false
reboot_required:
  description: Whether a reboot is needed for memory to be reserved as the boot entries say.
  type: bool
  returned: success
  sample: false
summary:
  description: The readiness in one line, for a table, with the codes of all errors and of what else keeps it from that.
  type: str
  returned: success
  sample: "not ready before a reboot: memory-not-reserved"
findings:
  description: What keeps a crash from being captured, or may; errors first.
  type: list
  elements: dict
  returned: success
  contains:
    code:
      description: The stable name of the kind of finding.
      type: str
      returned: always
      sample: memory-not-reserved
    severity:
      description: V(error), V(warning) or V(info).
      type: str
      returned: always
      sample: error
    message:
      description: What was found, with the host's own values.
      type: str
      returned: always
      sample: No crash memory is reserved; booted with no crashkernel.
    remedy:
      description: What fixes it.
      type: str
      returned: always
      sample: Run the rollout, which stages crashkernel= and reboots.
    blocks:
      description: What it makes impossible, V(now) and V(next_boot) or none of them.
      type: list
      elements: str
      returned: always
      sample: [now]
    mended_by:
      description: V(rollout), V(crash_test) or V(administrator).
      type: str
      returned: always
      sample: rollout
crash_memory:
  description: The return values of M(kdump.fleet.crash_memory_info), but for its estimate.
  type: dict
  returned: success
  sample: {reserved_bytes: 201326592, armed: true, summary: 192 MiB reserved}
crashkernel_wanted:
  description: The crashkernel value that the policy asks for, V(default) resolved; empty for V(absent), null without
    one.
  type: str
  returned: success
  sample: 512M-2G:192M,2G-64G:256M,64G-:512M
bootloader:
  description: The boot loader that was found.
  type: dict
  returned: success
  contains:
    name:
      description: Its name, null when none was understood.
      type: str
      returned: always
      sample: grub2
    error:
      description: Why it was not understood, else null.
      type: str
      returned: always
      sample: null
    next_crashkernel:
      description: The values of C(crashkernel=) in the entry that boots next, empty for none; null where that cannot be
        determined.
      type: str
      returned: always
      sample: 512M-2G:192M,2G-64G:256M,64G-:512M
    reboot_without_effect:
      description: Whether role kdump has noted of these values that a reboot did not bring them to the kernel.
      type: bool
      returned: always
      sample: false
setup:
  description: The kdump tool and its files.
  type: dict
  returned: success
  contains:
    tool:
      description: The tool that manages kdump on this host.
      type: str
      returned: always
      sample: kdump-tools
    package:
      description: The package that brings the tool.
      type: str
      returned: always
      sample: kdump-tools
    installed:
      description: Whether the tool is installed.
      type: bool
      returned: always
      sample: true
    packages_missing:
      description: The packages of commands that a capture needs and that are not there.
      type: list
      elements: str
      returned: always
      sample: []
    unit:
      description: The systemd unit that loads the capture kernel at boot.
      type: str
      returned: always
      sample: kdump-tools.service
    unit_working:
      description: Whether the unit is at work just now; building a capture initrd takes minutes.
      type: bool
      returned: always
      sample: false
    configuration:
      description: The files that the tool reads; the first one says where dumps go.
      type: list
      elements: dict
      returned: always
      contains:
        path:
          description: The file.
          type: str
          returned: always
          sample: /etc/default/kdump-tools
        whole:
          description: Whether C(lines) are the whole file, or a block at its end.
          type: bool
          returned: always
          sample: false
        to_write:
          description: Whether the file is missing, or has settings that are not what the policy asks for.
          type: bool
          returned: always
          sample: false
        lines:
          description: The lines that the rollout writes into the file, so that it is as the policy asks for.
          type: list
          elements: str
          returned: always
          sample: ['KDUMP_COREDIR="/var/crash"', 'USE_KDUMP="1"']
        differences:
          description: The settings that are not what the policy asks for.
          type: list
          elements: str
          returned: always
          sample: []
    capture_kernel:
      description: The capture kernel's file, null when there is none.
      type: str
      returned: always
      sample: /boot/vmlinuz-6.12.107+deb13-cloud-amd64
    capture_initrd:
      description: The capture initrd's file, null when there is none.
      type: str
      returned: always
      sample: /var/lib/kdump/initrd.img-6.12.107+deb13-cloud-amd64
    keep_dumps:
      description: How many local dumps are kept after a capture, 0 for all.
      type: int
      returned: always
      sample: 0
target:
  description: Where the dump goes.
  type: dict
  returned: success
  contains:
    kind:
      description: V(local), V(filesystem), V(raw), V(virtiofs), V(ssh), V(nfs) or V(ftp).
      type: str
      returned: always
      sample: local
    location:
      description: The device or server, empty for local targets.
      type: str
      returned: always
      sample: ""
    path:
      description: The directory that receives dumps, as the tool's configuration has it.
      type: str
      returned: always
      sample: /var/crash
    directory:
      description: The same on this host; null where dumps go elsewhere, or to a file system that is not mounted and not
        to be mounted by the rollout.
      type: str
      returned: always
      sample: /var/crash
    directory_wanted:
      description: What C(directory) will be once the policy is in effect.
      type: str
      returned: always
      sample: /var/crash
    wanted:
      description: The target once the policy is in effect; C(kind), C(location), C(path), C(directory) as here, and the
        private key of an ssh target in C(sshkey), else empty.
      type: dict
      returned: always
      sample: {kind: ssh, location: kdump@server, path: /var/crash, directory: null, sshkey: /root/.ssh/kdump_id_rsa}
    free_bytes:
      description: Free room there in bytes, null for targets on other hosts and file systems that are not mounted.
      type: int
      returned: always
      sample: 5368709120
    mount:
      description: The file system that the policy wants mounted, null where it names no mount point.
      type: dict
      returned: always
      contains:
        device:
          description: The device, as C(/etc/fstab) names it.
          type: str
          returned: always
          sample: UUID=92ebbaa5-321a-432b-92e9-127710720f1e
        fstype:
          description: Its type.
          type: str
          returned: always
          sample: ext4
        directory:
          description: The mount point.
          type: str
          returned: always
          sample: /srv/dumps
        mounted:
          description: Whether it is mounted there now.
          type: bool
          returned: always
          sample: true
        configured:
          description: Whether C(/etc/fstab) has a line for it.
          type: bool
          returned: always
          sample: true
        line:
          description: What the rollout writes there; empty where an administrator's line does it.
          type: str
          returned: always
          sample: UUID=92ebbaa5-321a-432b-92e9-127710720f1e /srv/dumps ext4 nosuid,nodev,noexec,nofail 0 0
        written:
          description: What it has written there, empty without such a line.
          type: str
          returned: always
          sample: UUID=92ebbaa5-321a-432b-92e9-127710720f1e /srv/dumps ext4 nosuid,nodev,noexec,nofail 0 0
    export:
      description: The line in C(/etc/fstab) out of which kdumpctl takes the mount options of an export; null where the
        rollout has no say in it.
      type: dict
      returned: always
      contains:
        directory:
          description: Where it would be mounted.
          type: str
          returned: always
          sample: /var/lib/kdump-fleet-export
        line:
          description: What the rollout writes there; empty where it writes nothing, as where an administrator's line
            or mount decides.
          type: str
          returned: always
          sample: dump1:/srv/kdump/web7 /var/lib/kdump-fleet-export nfs rw,noauto,soft,timeo=100,retrans=3,nolock 0 0
        written:
          description: What it has written there, empty without such a line.
          type: str
          returned: always
          sample: dump1:/srv/kdump/web7 /var/lib/kdump-fleet-export nfs rw,noauto,soft,timeo=100,retrans=3,nolock 0 0
    in_fstab:
      description: Whether C(/etc/fstab) has a line that a rollout has written, for whatever file system.
      type: bool
      returned: always
      sample: false
proof:
  description: The record of the last proof by crash, with C(valid) false once what it was made for has changed; null
    when there is none.
  type: dict
  returned: success
  sample: {time: "2026-11-22T18:28:00Z", valid: true, seconds: 148}
capture_measured:
  description: The memory of the last measured capture in bytes, null when none was measured.
  type: dict
  returned: success
  sample: {total_bytes: 168337408, least_available_bytes: 72351744}
symbols:
  description: The debugging symbols of the running kernel.
  type: dict
  returned: success
  contains:
    package:
      description: The package that has them, with the exact release.
      type: str
      returned: always
      sample: kernel-debuginfo-6.17.5-300.fc43.x86_64
    repositories:
      description: The repositories, disabled by default, in which it is looked for; empty where none is needed.
      type: list
      elements: str
      returned: always
      sample: [fedora-debuginfo, updates-debuginfo]
    vmlinux:
      description: The file on this host, null when it is not installed.
      type: str
      returned: always
      sample: /usr/lib/debug/lib/modules/6.17.5-300.fc43.x86_64/vmlinux
recommended:
  description:
    - How much to reserve, by the best that is known; null where the sizes of V(auto), or of firmware-assisted dump,
      decide, and where the default reserves nothing on this host's RAM.
    - A proof that still holds says most, if the capture was measured. Then comes C(kdumpctl estimate), which only
      O(inspect) asks, then the default for the host's tool.
  type: dict
  returned: success
  contains:
    bytes:
      description: The whole reservation, a low region included. To a measured use a quarter is added, rounded up to
        16 MiB.
      type: int
      returned: always
      sample: 167772160
    source:
      description: V(measured capture), V(kdumpctl estimate) or V(default).
      type: str
      returned: always
      sample: measured capture
    reason:
      description: The same in words, with the host's values.
      type: str
      returned: always
      sample: the last proven capture used 123 MiB, and a quarter of that is added
selinux:
  description: Whether SELinux is on.
  type: bool
  returned: success
  sample: true
fingerprint:
  description:
    - What a proof made now would be valid for, everything that a capture depends on; null unless O(fingerprint) asks
      for it.
    - The kernel, the host's memory and what is reserved of it, the capture kernel, its initrd and its arguments, the
      target, and each file with size, time and checksum. Of the target's lines in C(/etc/fstab) and of its host keys
      there is a checksum alone, null where there are none.
  type: dict
  returned: success
  sample:
    kernel: 6.12.107+deb13-cloud-amd64
    ram_bytes: 1073172480
    reservation: {main_bytes: 201326592, low_bytes: 0, cma_bytes: 0, fadump_bytes: 0}
    capture_kernel: /boot/vmlinuz-6.12.107+deb13-cloud-amd64
    capture_initrd: /var/lib/kdump/initrd.img-6.12.107+deb13-cloud-amd64
    capture_arguments: reset_devices systemd.unit=kdump-tools-dump.service nr_cpus=1 panic=10
    configuration: [/etc/default/kdump-tools]
    target: {kind: local, location: "", path: /var/crash, sshkey: ""}
    mount_lines: null
    host_keys: null
    files:
      /etc/default/kdump-tools: {size: 512, mtime_ns: 1795372080000000000, sha256: 9f86d081884c7d65}
proof_file:
  description: Where the proof record is kept on the host.
  type: str
  returned: success
  sample: /var/lib/kdump-fleet/proof.json
reboot_note_file:
  description: Where role kdump notes on the host that a reboot did not bring the staged C(crashkernel=) to the kernel.
  type: str
  returned: success
  sample: /var/lib/kdump-fleet/reboot-without-effect.json
identity:
  description: Who the host is by itself, which distinguishes its dumps from those of its neighbours.
  type: dict
  returned: success
  contains:
    nodename:
      description: Its name for itself, as C(uname -n) says it and a dump holds it.
      type: str
      returned: always
      sample: web1
    boot_id:
      description: The id of the running boot.
      type: str
      returned: always
      sample: 7f1f6ecb-9aa0-4d2a-9bd5-3b5c1d9c6c0f
    addresses:
      description: Its IP addresses, without those of the loopback interface.
      type: list
      elements: str
      returned: always
      sample: [192.0.2.7, "2001:db8::7"]
    time:
      description: What its clock says, in seconds since 1970.
      type: int
      returned: always
      sample: 1795372080
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kdump.fleet.plugins.module_utils.host.errors import clear_errors
from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import Host
from ansible_collections.kdump.fleet.plugins.module_utils.readiness.report import report
from ansible_collections.kdump.fleet.plugins.module_utils.tools.policy import Policy

TARGET = dict(type=dict(type="str", required=True), location=dict(type="str"))
POLICY = dict(
    crashkernel=dict(type="str"),
    target=dict(type="dict", options=TARGET),
    host_name=dict(type="str"),
    path=dict(type="path"),
    overwrite_device=dict(type="path"),
    mount_point=dict(type="path"),
    nfs_options=dict(type="str"),
    sshkey=dict(type="path", no_log=False),
    core_collector=dict(type="str"),
    compression=dict(type="str", choices=["none", "bzip2", "gzip", "lz4", "xz"]),
    keep_dumps=dict(type="int"),
    failure_action=dict(type="str"),
    fallback=dict(type="str", choices=["local", "none"]),
    dracut_args=dict(type="str"),
    auto_reset_crashkernel=dict(type="bool"),
    options=dict(type="dict"),
    environment=dict(type="dict"),
    keep_larger=dict(type="bool"),
    analysis=dict(type="bool"),
)


def main():
    # type: () -> None
    """Answer with the report on this host."""
    module = AnsibleModule(
        argument_spec=dict(
            policy=dict(type="dict", default={}, options=POLICY),
            fingerprint=dict(type="bool", default=False),
            inspect=dict(type="bool", default=False),
            probe=dict(type="str", default="read", choices=["none", "read", "write"]),
        ),
        supports_check_mode=True,
    )
    with clear_errors(module):
        policy = Policy.of(module.params["policy"])
        inspect = module.params["inspect"] and not module.check_mode
        probe = {"none": None, "write": "read" if module.check_mode else "write"}.get(module.params["probe"], "read")
        module.exit_json(changed=False, **report(Host(), policy, module.params["fingerprint"], inspect, probe))


if __name__ == "__main__":
    main()
