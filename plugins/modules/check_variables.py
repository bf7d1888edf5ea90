#!/usr/bin/python
# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin check_variables, which runs on the controller."""

DOCUMENTATION = r"""
module: check_variables
short_description: Check the variables of kdump.fleet for all hosts of a play, before one is touched
version_added: 0.1.0
author:
  - The kdump.fleet authors (@kdump-fleet)
description:
  - Checks every variable that begins with C(kdump_), C(crash_test_) or C(dump_server_), as each host of the play has
    it, and fails with all faults in one message. Each names the variable, its value, the hosts, and what is allowed.
  - A variable that nobody knows is an error, with the known name that resembles it. The variable
    C(kdump_allowed_variables) is a list of names that a site uses for its own purposes; C(*) stands for any text.
  - Types, ranges and forms are checked, and what contradicts another variable.
  - Runs on the controller and connects to no host. A value whose template needs facts, or anything else that is not
    known yet, is left to the task that uses it.
  - The playbooks of kdump.fleet begin with it. A play that calls the roles itself can do the same, with C(run_once).
options:
  playbook:
    description:
      - Name of the playbook that is run. Its play reads some variables before there is a host (C(kdump_hosts),
        C(kdump_waves), C(crash_test_at_once), C(dump_server_group)); such a variable in the inventory has no effect,
        and is an error with this option.
    type: str
  only:
    description:
      - Names of the variables to check, as extra variables or the play give them, for a play that chooses its hosts by
        them. The default is every variable of every host of the play.
    type: list
    elements: str
extends_documentation_fragment:
  - kdump.fleet.attributes
  - kdump.fleet.attributes.reads_only
attributes:
  check_mode:
    description: Changes nothing, so check mode makes no difference.
    support: full
"""

EXAMPLES = r"""
- name: Check the variables of all hosts
  kdump.fleet.check_variables:
  run_once: true
"""

RETURN = r"""
msg:
  description: What is wrong, one line for each fault.
  type: str
  returned: failure
  sample: |-
    1 variable is wrong; no host was touched.
    - kdump_reboot_ok (web1) is 'yess': use true or false.
"""
