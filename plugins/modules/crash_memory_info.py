#!/usr/bin/python
# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module crash_memory_info."""

DOCUMENTATION = r"""
module: crash_memory_info
short_description: The memory reserved for the capture kernel, and what was asked for
version_added: 0.1.0
author:
  - The kdump.fleet authors (@kdump-fleet)
description:
  - Says how much memory is set aside for the capture kernel and where, what the running kernel was booted with, what a
    kernel makes of that value on this host's RAM, and whether a capture kernel is loaded.
  - Reads files below C(/proc) and C(/sys) only, under their new and their old names, unless O(estimate) asks for more.
    A file that is busy because a capture kernel is being loaded is read again.
  - A kernel without kexec, a reader who may not see addresses and a host that reserves nothing are three different
    answers, RV(kexec_supported), RV(privileged) and RV(reserved_bytes).
requirements:
  - Python 3.6 or newer on the host; Python 3.6 (RHEL 8) needs a controller with ansible-core 2.16
  - root for everything that depends on addresses, because C(/proc/iomem) shows zeros to others
options:
  estimate:
    description:
      - Whether to ask the host's own tool how much to reserve, C(kdumpctl estimate) (Fedora, RHEL) or
        C(kdumptool calibrate) (SUSE).
      - That takes seconds to minutes, and kdumpctl may build a capture initrd that is out of date. Not done in check
        mode.
    type: bool
    default: false
extends_documentation_fragment:
  - kdump.fleet.attributes
  - kdump.fleet.attributes.reads_only
attributes:
  check_mode:
    description: Reads only, and so does the same in check mode, but for O(estimate).
    support: full
notes:
  - >-
    The value is resolved as the running version of Linux does it, by C(kernel/crash_reserve.c) of the kernel's sources,
    before 6.7 each architecture's own code, and U(https://docs.kernel.org/admin-guide/kdump/kdump.html). A range counts
    when the RAM, rounded up to 128 MiB, is at least its start and less than its end, and the first that counts decides.
    Of several values without a suffix the last decides. V(,high) and V(,low) count only where there is no value without
    a suffix, V(,cma) only beside one of these.
  - >-
    The kernel looks for V(crashkernel=) in the whole text of its command line, without regard to quotes and to
    V(--). RV(resolved_bytes) follows it in this.
  - How much should be reserved is a return value of M(kdump.fleet.kdump_info), which knows whether the proof holds in
    which a capture was measured.
  - >-
    The sizes that V(auto) stands for on RHEL 7 and 8 are not predicted. Neither is what firmware and the kernel take
    before the crash memory is reserved, so that a value close to the whole RAM may find no room.
seealso:
  - module: kdump.fleet.crashkernel
  - module: kdump.fleet.kdump_info
  - name: The kernel's guide to kdump
    description: The forms of C(crashkernel=) and how to reserve memory.
    link: https://docs.kernel.org/admin-guide/kdump/kdump.html
  - name: The kernel's sysfs files of kexec and kdump
    description: What the files below C(/sys/kernel/kexec) mean.
    link: https://docs.kernel.org/admin-guide/abi-testing.html
  - name: The kernel's guide to firmware-assisted dump
    description: How IBM Power keeps memory for the capture, and the files below C(/sys/kernel/fadump).
    link: https://docs.kernel.org/arch/powerpc/firmware-assisted-dump.html
"""

EXAMPLES = r"""
- name: Look at the crash memory
  kdump.fleet.crash_memory_info:
  register: memory

- name: Say it in one line
  ansible.builtin.debug:
    var: memory.summary

- name: Ask the host's own tool how much to reserve
  kdump.fleet.crash_memory_info:
    estimate: true
  register: memory

- name: Stop when the kernel did not reserve what its command line asks for
  ansible.builtin.assert:
    that: memory.main_bytes == memory.resolved_bytes
    fail_msg: "crashkernel={{ memory.crashkernel }}: {{ memory.resolved_reason or memory.summary }}"
"""

RETURN = r"""
kexec_supported:
  description: Whether the running kernel can load a capture kernel at all (V(CONFIG_KEXEC_CORE), V(CONFIG_CRASH_DUMP)).
  type: bool
  returned: success
  sample: true
privileged:
  description:
    - Whether the addresses in C(/proc/iomem) could be read. Without them RV(ranges) lacks the main and the low region
      and RV(physical_ram_bytes) is smaller than the RAM.
  type: bool
  returned: success
  sample: true
reserved_bytes:
  description:
    - RAM in bytes that the running system cannot use, main and low region and firmware-assisted dump together.
    - V(,cma) memory is not in it, because the running system uses that until the crash.
    - Without RV(privileged) it is what C(crash_size) in sysfs says, which leaves out the low region before Linux 6.5.
  type: int
  returned: success
  sample: 268435456
main_bytes:
  description: Bytes of the region that holds the capture kernel; null when there are two regions and addresses are
    hidden.
  type: int
  returned: success
  sample: 268435456
low_bytes:
  description: Bytes of the second region, below 4 GiB, that a main region above 4 GiB needs for devices that address
    32 bits; null when there are two regions and addresses are hidden.
  type: int
  returned: success
  sample: 0
cma_bytes:
  description: Bytes that V(crashkernel=size,cma) lends to user space until the crash (Linux 6.17 and later; shown by
    the kernel since it has C(/sys/kernel/kexec/crash_cma_ranges)).
  type: int
  returned: success
  sample: 0
fadump_bytes:
  description: Bytes that firmware-assisted dump keeps on IBM Power.
  type: int
  returned: success
  sample: 0
ranges:
  description: The regions, in order of their addresses, CMA last. IBM Power shows none for its main region.
  type: list
  elements: dict
  returned: success
  contains:
    start:
      description: Physical address of the first byte.
      type: int
      returned: always
      sample: 687865856
    end:
      description: Physical address of the last byte.
      type: int
      returned: always
      sample: 889192447
    bytes:
      description: Size in bytes.
      type: int
      returned: always
      sample: 201326592
    kind:
      description: V(main), V(low) or V(cma).
      type: str
      returned: always
      sample: main
armed:
  description:
    - Whether a crash would be captured now, either way, RV(capture_kernel_loaded) or RV(fadump.registered).
    - What waits until a host is armed asks this value alone.
  type: bool
  returned: success
  sample: true
capture_kernel_loaded:
  description: Whether a capture kernel is loaded, so that a crash would start it.
  type: bool
  returned: success
  sample: true
fadump:
  description: Firmware-assisted dump, which takes the capture kernel's place on IBM Power.
  type: dict
  returned: success
  contains:
    enabled:
      description: Whether the kernel was booted with it.
      type: bool
      returned: always
      sample: false
    registered:
      description: Whether firmware would keep the memory of a crash.
      type: bool
      returned: always
      sample: false
crashkernel:
  description: The values of V(crashkernel=) that the running kernel was booted with, joined by a blank; null when there
    is none.
  type: str
  returned: success
  sample: 2G-64G:256M,64G-:512M
resolved_bytes:
  description:
    - Bytes of the main region that a kernel with this command line reserves on this host's RAM; 0 when it reserves
      nothing.
    - Null when it cannot be determined, for V(auto) of RHEL 7 and 8 and for ranges without RV(privileged).
  type: int
  returned: success
  sample: 268435456
resolved_reason:
  description: Why the kernel reserves nothing, in its own words where it has any; null when it reserves something or
    was not asked to.
  type: str
  returned: success
  sample: "crashkernel size resulted in zero bytes: no range holds 1G of RAM"
physical_ram_bytes:
  description:
    - RAM in bytes, the sum of C(System RAM) in C(/proc/iomem) with the crash kernel's regions. The kernel compares
      ranges with this, never with C(MemTotal).
    - Without RV(privileged) it is C(MemTotal), which lacks what the kernel itself and the crash memory take.
  type: int
  returned: success
  sample: 4294434816
kernel:
  description: The release of the running kernel.
  type: str
  returned: success
  sample: 6.12.107+deb13-cloud-amd64
capture:
  description: How much memory the last capture on this host used, as the role P(kdump.fleet.crash_test#role) measured
    it; null when none was measured.
  type: dict
  returned: success
  contains:
    reserved_bytes:
      description: Bytes that the measured capture kernel had been given.
      type: int
      returned: always
      sample: 201326592
    total_bytes:
      description: Its C(MemTotal) in bytes, what was left to it beside its own text and data.
      type: int
      returned: always
      sample: 168337408
    least_available_bytes:
      description: The least C(MemAvailable) in bytes that was seen during the capture.
      type: int
      returned: always
      sample: 72351744
    used_bytes:
      description: The difference of RV(capture.reserved_bytes) and RV(capture.least_available_bytes).
      type: int
      returned: always
      sample: 128974848
estimate:
  description: What the host's own tool recommends to reserve; null unless O(estimate) asks for it, and where there is
    no such tool or it gives up.
  type: dict
  returned: success
  contains:
    bytes:
      description: Bytes in all.
      type: int
      returned: always
      sample: 264241152
    low_bytes:
      description: Those of them that belong below 4 GiB, for V(,low); 0 where the tool names none.
      type: int
      returned: always
      sample: 75497472
    source:
      description: V(kdumpctl estimate) or V(kdumptool calibrate).
      type: str
      returned: always
      sample: kdumptool calibrate
summary:
  description: All this in one line, for a table.
  type: str
  returned: success
  sample: 192 MiB reserved, 123 MiB used by the last capture
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory.estimate import estimate
from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory.reserved import read
from ansible_collections.kdump.fleet.plugins.module_utils.host.errors import clear_errors
from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import Host
from ansible_collections.kdump.fleet.plugins.module_utils.host.printable import printable


def main() -> None:
    """Answer with what is reserved and what was asked for."""
    module = AnsibleModule(
        argument_spec=dict(estimate=dict(type="bool", default=False)),
        supports_check_mode=True,
    )
    with clear_errors(module):
        host = Host()
        found = estimate(host) if module.params["estimate"] and not module.check_mode else None
        answer = dict(read(host), estimate=dict(found._asdict()) if found else None)
        module.exit_json(changed=False, **printable(answer))


if __name__ == "__main__":
    main()
