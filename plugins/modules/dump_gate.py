#!/usr/bin/python
# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module dump_gate."""

DOCUMENTATION = r"""
module: dump_gate
short_description: Installs the program through which hosts send their dumps to a dump server, and its settings
version_added: 0.1.0
author:
  - The kdump.fleet authors (@kdump-fleet)
description:
  - Installs the gate, what sshd runs in place of any command that a host sends. The role
    P(kdump.fleet.dump_server#role) uses it, and sets up everything around it, the landing area, the keys, and sshd.
  - The gate is one file, which holds its sources. It is replaced in one moment, so that a request of a host whose dump
    is on its way is carried out by the old gate or by the new one.
  - Both files belong to the user that the module runs as, and nobody else can write them. Their directories must be
    there, and are left alone.
requirements:
  - Python 3.6 or newer on the server
options:
  path:
    description: Where the program is put, an absolute path.
    type: path
    default: /usr/local/libexec/kdump-gate
  python:
    description:
      - The interpreter that runs the program, by an absolute path without blanks. It is tried before anything is
        written, as the user that the module runs as. The user that receives the dumps must be able to run it, too.
      - Without it, the distribution's own name of Python 3, C(/usr/bin/python3) or, where alternatives(8) manages that,
        C(/usr/libexec/platform-python). An upgrade of the server keeps these, while a name with a minor version, as
        Ansible finds it, would go, and the gate would not start any more. Where neither is new enough, the one that
        Ansible uses on the server.
    type: path
  settings_path:
    description: Where the settings are put, an absolute path.
    type: path
    default: /etc/kdump-gate.json
  settings:
    description: What the gate goes by. The role's variables say more of each.
    type: dict
    required: true
    suboptions:
      area:
        description: The landing area, with one directory for each host.
        type: path
        required: true
      quota:
        description: What each host's files may take, in bytes. 0 is no such limit.
        type: int
        required: true
      quota_percent:
        description: What each host's files may take of the file system's size, in percent. 0 is no such limit.
        type: int
        required: true
      floor:
        description: What stays free on the file system, in bytes.
        type: int
        required: true
      entries:
        description: How many files and directories each host may have.
        type: int
        required: true
      journal:
        description: The file to which each request is written.
        type: path
        required: true
      sessions:
        description: The directory of the locks that count the sessions of a host.
        type: path
        required: true
      keep:
        description: How many complete dumps of each host stay, the newest ones. 0 is all.
        type: int
        required: true
      keep_days:
        description: For how many days no dump is removed that has arrived. 0 is no such time.
        type: int
        required: true
      incomplete_days:
        description: After how many days incomplete files are removed. 0 leaves them.
        type: int
        required: true
extends_documentation_fragment:
  - kdump.fleet.attributes
attributes:
  check_mode:
    description: Foresees what a run would change.
    support: full
  diff_mode:
    description: Shows the settings and the sources, line by line, and a mode or an owner that is put right.
    support: full
notes:
  - What the gate lets through, and what it refuses, stands in docs/dump-servers.md.
"""

EXAMPLES = r"""
- name: Install the gate
  kdump.fleet.dump_gate:
    settings:
      area: /srv/kdump
      quota: 0
      quota_percent: 25
      floor: 10737418240
      entries: 1000
      journal: /var/log/kdump-gate/journal
      sessions: /var/log/kdump-gate/sessions
      keep: 5
      keep_days: 30
      incomplete_days: 7
"""

RETURN = r"""
files:
  description: The files that were replaced, or would be in check mode.
  type: list
  elements: str
  returned: success
  sample: [/usr/local/libexec/kdump-gate]
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kdump.fleet.plugins.module_utils.dump_gate_program import files, install
from ansible_collections.kdump.fleet.plugins.module_utils.host.errors import clear_errors
from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import Host


def main() -> None:
    """Put the program and its settings in place."""
    module = AnsibleModule(
        argument_spec=dict(
            path=dict(type="path", default="/usr/local/libexec/kdump-gate"),
            python=dict(type="path"),
            settings_path=dict(type="path", default="/etc/kdump-gate.json"),
            settings=dict(
                type="dict",
                required=True,
                options=dict(
                    area=dict(type="path", required=True),
                    quota=dict(type="int", required=True),
                    quota_percent=dict(type="int", required=True),
                    floor=dict(type="int", required=True),
                    entries=dict(type="int", required=True),
                    journal=dict(type="path", required=True),
                    sessions=dict(type="path", required=True),
                    keep=dict(type="int", required=True),
                    keep_days=dict(type="int", required=True),
                    incomplete_days=dict(type="int", required=True),
                ),
            ),
        ),
        supports_check_mode=True,
    )
    with clear_errors(module):
        module.exit_json(**install(module, files(Host(), module.params), module._diff))


if __name__ == "__main__":
    main()
