# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands for AnsibleModule in tests of modules that have options."""

from typing import Any, Optional

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator


class FakeModule:
    """Judges the parameters as AnsibleModule does, and remembers how the module ended."""

    given: dict[str, Any] = {}
    check_mode = False
    _diff = True  # --diff
    result: Optional[dict[str, Any]] = None
    failure: Optional[str] = None

    def __init__(self, argument_spec: dict[str, Any], supports_check_mode: bool, **rules: Any) -> None:
        assert supports_check_mode
        self.argument_spec = argument_spec
        judged = ArgumentSpecValidator(argument_spec, **rules).validate(FakeModule.given)
        if judged.error_messages:
            raise ValueError("; ".join(judged.error_messages))
        self.params = judged.validated_parameters

    def exit_json(self, **result: Any) -> None:
        FakeModule.result = result

    def fail_json(self, msg: str) -> None:
        FakeModule.failure = msg
