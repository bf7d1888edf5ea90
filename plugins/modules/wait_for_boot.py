#!/usr/bin/python
# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin wait_for_boot, which runs on the controller."""

DOCUMENTATION = r"""
module: wait_for_boot
short_description: Wait until a host answers with another boot id
version_added: 0.1.0
author:
  - The kdump.fleet authors (@kdump-fleet)
description:
  - Waits for a host that crashed or reboots by itself, and says every 15 seconds how it goes.
  - M(ansible.builtin.reboot) starts a reboot and waits in silence; this waits only, for as long as a dump may take.
options:
  boot_id:
    description: The content of C(/proc/sys/kernel/random/boot_id) before.
    type: str
    required: true
  timeout:
    description: How long to wait, in seconds.
    type: int
    default: 1800
  failure_file:
    description:
      - A file on the host, readable for everybody, that appears when the crash or reboot has failed. Its content says
        why, and ends the wait.
      - It is looked for while the host answers with the boot id from before.
    type: path
extends_documentation_fragment:
  - kdump.fleet.attributes
  - kdump.fleet.attributes.reads_only
attributes:
  check_mode:
    description: Waits for nothing in check mode, because nothing reboots then.
    support: full
seealso:
  - module: ansible.builtin.reboot
"""

EXAMPLES = r"""
- name: Read the boot id
  ansible.builtin.slurp:
    src: /proc/sys/kernel/random/boot_id
  register: boot_id

- name: Wait until the host has booted again
  kdump.fleet.wait_for_boot:
    boot_id: "{{ boot_id.content | b64decode | trim }}"
    timeout: 600
"""

RETURN = r"""
boot_id:
  description: The new boot id.
  type: str
  returned: success
  sample: 7f1f6ecb-9aa0-4d2a-9bd5-3b5c1d9c6c0f
elapsed:
  description: Seconds from the start of the task to the first answer of the new boot.
  type: int
  returned: success
  sample: 148
"""
