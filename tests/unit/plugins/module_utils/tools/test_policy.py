# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of policy.py."""

from typing import Any, Dict, Optional

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.host.errors import KdumpError
from ansible_collections.kdump.fleet.plugins.module_utils.tools.policy import Policy


@pytest.mark.parametrize("values", [None, {}, {"path": None, "options": None}, {"options": {}}])
def test_no_policy_is_no_opinion(values: Optional[Dict[str, Any]]) -> None:
    policy = Policy.of(values)
    assert policy == Policy(options={}) if values == {"options": {}} else policy == Policy()


def test_a_policy_takes_what_is_given_and_nothing_else() -> None:
    policy = Policy.of({"crashkernel": "256M", "keep_dumps": 3, "colour": "red"})
    assert policy == Policy(crashkernel="256M", keep_dumps=3)


@pytest.mark.parametrize(
    ("value", "text"),
    [("x y", "x y"), ("", ""), (3, "3"), (-1, "-1"), (1.5, "1.5"), (True, "1"), (False, "0"), ("yes", "yes")],
)
def test_options_are_text_however_yaml_reads_them(value: Any, text: str) -> None:
    assert Policy.of({"options": {"NAME": value}}).options == {"NAME": text}


@pytest.mark.parametrize(("value", "shown"), [(None, "None"), ([1], "[1]"), ({"a": 1}, "{'a': 1}")])
def test_options_of_another_type_are_refused(value: Any, shown: str) -> None:
    with pytest.raises(KdumpError) as error:
        Policy.of({"options": {"NAME": value}})
    assert str(error.value) == (
        "The option NAME is {0}: give it one text or number, in quotes where YAML reads something else.".format(shown)
    )


def test_a_policy_does_not_change_what_it_was_made_of() -> None:
    values = {"options": {1: True}}
    assert Policy.of(values).options == {"1": "1"}
    assert values == {"options": {1: True}}
