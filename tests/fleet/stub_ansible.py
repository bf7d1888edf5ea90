# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Started in the place of ansible-playbook: the same program, whose module calls are answered by stand-ins.

``python -m tests.fleet.stub_ansible RUN ARGUMENTS...`` runs ``ansible-playbook ARGUMENTS...`` of the Python that it is
started with, over the stub hosts in the directory RUN.
"""

from __future__ import annotations

import gc
import sys
from typing import Any

from ansible import cli
from ansible.cli.playbook import main

real = cli.init_plugin_loader


def init_plugin_loader(*arguments: Any) -> None:
    """Ansible's own importer of collections must be there before anything imports one."""
    real(*arguments)
    from tests.fleet import stub_action

    stub_action.install()


if __name__ == "__main__":
    gc.disable()  # a run is short
    cli.init_plugin_loader = init_plugin_loader
    main(["ansible-playbook", *sys.argv[2:]])
