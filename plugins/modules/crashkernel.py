#!/usr/bin/python
# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module crashkernel."""

DOCUMENTATION = r"""
module: crashkernel
short_description: Sets or removes crashkernel= on every boot entry, now and for later kernels
version_added: 0.1.0
author:
  - The kdump.fleet authors (@kdump-fleet)
description:
  - Gives every entry of the boot loader, recovery entries included, exactly the wanted C(crashkernel=) values once, and
    sees to it that kernels installed later get them too. All other arguments stay as they are.
  - Which boot loader the host has is read from its files, never by the name of its distribution. None, two, or one that
    is not supported is an error that says what was found and where it was looked for.
  - With GRUB 2 whose C(grub-mkconfig) reads C(/etc/default/grub.d), the file C(zz-kdump-fleet.cfg) in it is written. It
    takes away what other files set, such as the one of Debian's kdump-tools, and sets the wanted values. Otherwise
    C(GRUB_CMDLINE_LINUX) in C(/etc/default/grub) is edited. Then the distribution's own generator is run, and the
    entries that it wrote are checked.
  - With Boot Loader Specification entries (Fedora, RHEL 8 and later and their rebuilds) C(grubby) edits every entry,
    and C(/etc/kernel/cmdline), C(grubenv) and C(GRUB_CMDLINE_LINUX) are kept in step for later kernels. Where grubby
    would damage a line, with quotes in it for instance, the files are written without it.
  - With GRUB Legacy the C(kernel) lines of its menu are edited, and where Debian's C(update-grub) keeps the menu the
    commented lines from which it takes arguments (C(kopt), C(defoptions), C(altoptions)). Nothing needs to be run. RHEL
    6 copies the default entry's arguments for later kernels. A hypervisor's entry is left alone.
  - With systemd-boot the options of every entry in C(loader/entries) are edited, and C(/etc/kernel/cmdline), from which
    C(kernel-install) takes those of later kernels. That file is made where there is none and they would get others,
    out of the line of the entry that boots next; it stays when the values are taken away again. Unified kernel images
    get an add-on that C(ukify) builds, which must be installed, with its stubs; one that has C(crashkernel=) built
    in, is signed for Secure Boot, or has a C(systemd-stub) older than 254 is an error that says how to build it again.
  - With rpm-ostree C(rpm-ostree kargs) changes the deployment that boots next in one transaction; those that are kept
    for a rollback stay as they are. With zipl and sections of its own C(parameters) in C(/etc/zipl.conf) is edited, and
    C(zipl) is run.
  - Where SUSE's C(kdumptool) is installed, C(KDUMP_UPDATE_BOOTLOADER) in C(/etc/sysconfig/kdump) is set to C(false), as
    kdump(7) says for those who manage the boot loader themselves (releases that do not know it get the values in
    C(KDUMP_CRASHKERNEL)); otherwise its service would put its own estimate back at the next boot.
  - When anything fails, a full disk, a read-only file system, a generator that stops or writes something else, then
    every file is put back to the byte, and the error repeats the tool's text.
  - One run at a time changes the files of a host; another one waits for it, for 300 seconds at most, and then fails
    with the process that it waits for.
  - On hosts with EFI and several complete menus of GRUB, as after a migration between rebuilds of RHEL, the firmware's
    variable C(BootCurrent) says which one boots.
  - Nothing is rebooted; RV(reboot_required) says whether that is needed.
requirements:
  - Python 3.6 or newer on the host; Python 3.6 (RHEL 8) needs a controller with ansible-core 2.16
  - root
options:
  value:
    description:
      - The value without the name, in any form that the kernel knows. Several values are separated by blanks, for
        instance V(512M,high 128M,low).
      - A value that the kernel would refuse, or ignore a part of, is an error before anything is written. V(auto) is
        for the kernels of RHEL 7 and 8 alone.
      - Required when O(state=present), not used when O(state=absent).
    type: str
  state:
    description:
      - V(present) sets O(value) in the place of whatever is there.
      - V(absent) takes every C(crashkernel=) away, whoever has set it.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - kdump.fleet.attributes
attributes:
  check_mode:
    description: Foresees what a run would change. Only where in the line a generator puts the values is not known.
    support: full
  diff_mode:
    description: Shows the files that are written, and the values of every entry before and after.
    support: full
notes:
  - Entries that are not made from the settings are neither changed nor returned, such as those that are written by
    hand in C(/etc/grub.d/40_custom), memory tests, and other systems on the same machine. When one of them is the one
    that boots next, and has other values, that is an error.
  - What is read and written for each boot loader, how it is recognised, and where it was proven, stands in
    docs/boot-loaders.md. SUSE systems with a read-only root file system, hosts of ostree without rpm-ostree, and GRUB 2
    with Boot Loader Specification entries but without grubby are recognised and refused, with what to do instead.
seealso:
  - module: kdump.fleet.crash_memory_info
  - module: kdump.fleet.kdump_info
  - name: The kernel's guide to kdump
    description: The forms of C(crashkernel=) and how to reserve memory.
    link: https://docs.kernel.org/admin-guide/kdump/kdump.html
"""

EXAMPLES = r"""
- name: Reserve 256 MiB for the capture kernel
  kdump.fleet.crashkernel:
    value: 256M
  register: boot

- name: Reserve by the size of the RAM
  kdump.fleet.crashkernel:
    value: 1G-4G:192M,4G-64G:256M,64G-:512M

- name: Reserve above 4 GiB, with some memory below for devices that need it
  kdump.fleet.crashkernel:
    value: 512M,high 128M,low

- name: Reserve nothing any more
  kdump.fleet.crashkernel:
    state: absent

- name: Reboot when the running kernel was booted with other values
  ansible.builtin.reboot:
  when: boot.reboot_required
"""

RETURN = r"""
value:
  description: The wanted values, separated by one blank; null when O(state=absent).
  type: str
  returned: success
  sample: 512M,high 128M,low
bootloader:
  description: The boot loader that was found.
  type: dict
  returned: success
  contains:
    name:
      description: Its name.
      type: str
      returned: always
      sample: grub2
    evidence:
      description: What speaks for it.
      type: str
      returned: always
      sample: /boot/grub/grub.cfg, written by update-grub
entries_before:
  description: The boot entries as they were, in the order of the menu.
  type: list
  elements: dict
  returned: success
  contains: &entry
    id:
      description: What the boot loader knows the entry by, or its place in the menu where it has no name of its own.
      type: str
      returned: always
      sample: gnulinux-simple-95d3fad2-a044-4d2e-bc8b-51b953bea44f
    title:
      description: What the menu shows.
      type: str
      returned: always
      sample: Debian GNU/Linux
    kernel:
      description: The kernel's file, as the boot loader sees it.
      type: str
      returned: always
      sample: /boot/vmlinuz-6.12.107+deb13-cloud-amd64
    arguments:
      description: The kernel's arguments, as they are written in the boot loader's file.
      type: str
      returned: always
      sample: root=UUID=95d3fad2-a044-4d2e-bc8b-51b953bea44f ro crashkernel=256M quiet
    crashkernel:
      description: The crashkernel values among the arguments.
      type: list
      elements: str
      returned: always
      sample: [256M]
entries_after:
  description: The boot entries as they are now, or would be in check mode.
  type: list
  elements: dict
  returned: success
  contains: *entry
reboot_required:
  description:
    - Whether the entry that boots next has other crashkernel values than the running kernel was booted with.
    - Where it cannot be determined which entry boots next, whether any has.
  type: bool
  returned: success
  sample: true
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.staging import ensure
from ansible_collections.kdump.fleet.plugins.module_utils.host.errors import clear_errors
from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import Host


def main() -> None:
    """Bring the boot entries to the wanted values."""
    module = AnsibleModule(
        argument_spec=dict(
            value=dict(type="str"),
            state=dict(type="str", choices=["present", "absent"], default="present"),
        ),
        required_if=[("state", "present", ["value"])],
        supports_check_mode=True,
    )
    with clear_errors(module):
        wanted = module.params["value"] if module.params["state"] == "present" else None
        result = ensure(Host(), wanted, module.check_mode)
        if not module._diff:
            del result["diff"]  # whole files
        module.exit_json(**result)


if __name__ == "__main__":
    main()
