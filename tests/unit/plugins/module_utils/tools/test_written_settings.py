# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write, look again, same lines: for every policy, every previous policy, every file that a host has, both families."""

from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ansible_collections.kdump.fleet.plugins.module_utils.host.errors import KdumpError
from ansible_collections.kdump.fleet.plugins.module_utils.host.managed_block import BEGIN, END, outside
from ansible_collections.kdump.fleet.plugins.module_utils.host.shell_file import parse
from ansible_collections.kdump.fleet.plugins.module_utils.readiness.report import report
from ansible_collections.kdump.fleet.plugins.module_utils.tools import kdump_tools
from ansible_collections.kdump.fleet.plugins.module_utils.tools.kdumpctl import environment
from ansible_collections.kdump.fleet.plugins.module_utils.tools.kdumpctl import read as kdumpctl
from ansible_collections.kdump.fleet.plugins.module_utils.tools.policy import Policy
from ansible_collections.kdump.fleet.plugins.module_utils.tools.records import ConfigurationFile, Setup
from tests.unit.plugins.module_utils.host_tree import CONFIGURATION, PACKAGED, HostTree, ready_host
from tests.unit.plugins.module_utils.rpm_tree import ENVIRONMENT, RpmTree, ready_rpm_host

Values = Dict[str, Any]
TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12)
KDUMP_TOOLS: "st.SearchStrategy[Values]" = st.fixed_dictionaries(
    {"nfs_options": st.just("")},
    optional={
        "target": st.sampled_from(
            [
                {"type": "local"},
                {"type": "ssh", "location": "kdump@server"},
                {"type": "nfs", "location": "server:/export"},
            ]
        ),
        "path": st.sampled_from(["/var/crash", "/srv/dumps", "/srv//dumps/./x"]),
        "sshkey": st.sampled_from(["/root/.ssh/kdump_id_rsa", "/root/other key"]),
        "core_collector": st.sampled_from(["makedumpfile -c -d 31", "makedumpfile", "makedumpfile -l -d 1"]),
        "compression": st.sampled_from(["none", "xz"]),
        "keep_dumps": st.integers(0, 9),
        "failure_action": st.sampled_from(["reboot", "halt"]),
        "options": st.fixed_dictionaries(
            {}, optional={"HOSTTAG": TEXT, "KDUMP_CMDLINE_APPEND": TEXT, "NFS_TIMEO": st.integers(0, 900)}
        ),
    },
)
KDUMPCTL: "st.SearchStrategy[Values]" = st.fixed_dictionaries(
    {"nfs_options": st.just("")},
    optional={
        "target": st.sampled_from(
            [
                {"type": "local"},
                {"type": "ssh", "location": "kdump@server"},
                {"type": "nfs", "location": "server:/export"},
            ]
        ),
        "path": st.sampled_from(["/var/crash", "/srv/dumps"]),
        "sshkey": st.just("/root/.ssh/other"),
        "crashkernel": st.sampled_from(["default", "512M"]),
        "core_collector": st.sampled_from(["makedumpfile -l -d 31", "makedumpfile -F -l -d 31"]),
        "failure_action": st.sampled_from(["reboot", "dump_to_rootfs"]),
        "fallback": st.sampled_from(["local", "none"]),
        "auto_reset_crashkernel": st.booleans(),
        "dracut_args": st.just("--omit x"),
        "options": st.fixed_dictionaries({}, optional={"extra_modules": st.sampled_from(["", "a", "a b"])}),
        "environment": st.fixed_dictionaries(
            {}, optional={"KDUMP_IMG": TEXT, "KDUMP_COMMANDLINE_APPEND": TEXT, "MKDUMPRD_ARGS": TEXT}
        ),
    },
)
# What the host's own file says, outside our block.
APPENDED = st.sampled_from(["", 'APPEND="irqpoll"\n', 'APPEND="irqpoll panic=5"\n', "APPEND='a \"b\" $c'\nX=1\n"])


class Family(object):
    """One tool: its host, how it is read, its policies, and the file with our block."""

    def __init__(
        self, tree: HostTree, read: Callable[..., Setup], policies: "st.SearchStrategy[Values]", file: str, name: str
    ) -> None:
        self.tree, self.read, self.policies, self.file, self.append = tree, read, policies, file, name

    def host_says(self, text: str) -> None:
        packaged = PACKAGED if self.file == CONFIGURATION else 'KEXEC_ARGS="-s"\n'
        self.tree.write(self.file, packaged + text.replace("APPEND", self.append))

    def files(self, policy: Values) -> List[ConfigurationFile]:
        return self.read(self.tree.host(), Policy.of(policy)).files

    def write(self, policy: Values) -> None:
        """What the role does with the lines: a block, the whole file, or no block any more."""
        for file in self.files(policy):
            if not file.differences() and file.exists:
                continue
            text = "".join(line + "\n" for line in file.lines)
            if not file.whole:
                there = self.tree.path(file.path).read_text() if file.exists else ""
                text = outside(there) + ("{0}\n{1}{2}\n".format(BEGIN, text, END) if text else "")
            self.tree.write(file.path, text)

    def block(self) -> str:
        return self.tree.path(self.file).read_text()


@pytest.fixture(scope="module", params=["kdump-tools", "kdumpctl"])
def family(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Family:
    root = tmp_path_factory.mktemp("host")
    if request.param == "kdump-tools":
        return Family(ready_host(root), kdump_tools.read, KDUMP_TOOLS, CONFIGURATION, kdump_tools.APPEND)
    return Family(ready_rpm_host(root), kdumpctl.read, KDUMPCTL, ENVIRONMENT, environment.APPEND)


def effective(text: str) -> Values:
    """What the tool reads; it takes an empty value for none."""
    return {name: value for name, value in parse(text, "").values.items() if value}


def shown(files: List[ConfigurationFile]) -> List[Tuple[str, List[str]]]:
    return [(file.path, file.lines) for file in files]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_write_look_again_same_lines(family: Family, data: Any) -> None:
    family.host_says(data.draw(APPENDED))
    policy = data.draw(family.policies)
    try:
        before = shown(family.files(policy))
    except KdumpError:
        assume(False)
    family.write(policy)
    after = family.files(policy)
    assert [file.differences() for file in after] == [[] for _file in after]
    assert shown(after) == before
    text = family.block()
    family.write(policy)
    assert family.block() == text
    assert [file.left_over for file in family.files({})] == [[] for _file in after]  # nobody asked


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_previous_policy_leaves_nothing_in_the_block(family: Family, data: Any) -> None:
    own = data.draw(APPENDED)
    first, second = data.draw(family.policies), data.draw(family.policies)
    family.host_says(own)
    try:
        family.write(second)
        from_scratch = family.block()
        family.host_says(own)
        family.write(first)
        family.write(second)
    except KdumpError:
        assume(False)
    assert effective(family.block()) == effective(from_scratch)


def found(tree: HostTree, policy: Values) -> List[str]:
    answer = report(tree.host(), Policy.of(policy))
    return [one["message"] for one in answer["findings"] if one["code"] == "configuration-differs"]


def test_a_setting_that_the_policy_no_longer_names_is_a_finding(tmp_path: Path) -> None:
    tree = ready_host(tmp_path)
    tree.replace(CONFIGURATION, END, 'HOSTTAG="ip"\n' + END)
    assert found(tree, {"path": "/var/crash"}) == [
        "/etc/default/kdump-tools has HOSTTAG='ip' in the block of kdump.fleet, and the policy does not name it."
    ]
    assert found(tree, {"options": {"HOSTTAG": "ip"}}) == []
    assert found(tree, {}) == []  # without a policy nothing is judged
    tree.append(CONFIGURATION, 'HOSTTAG="mine"\n')
    assert found(tree, {"options": {"HOSTTAG": "mine"}}) == []


@pytest.mark.parametrize("own", ["irqpoll", None])
def test_the_capture_kernel_keeps_its_panic_and_the_block_goes_with_the_variable(
    tmp_path: Path, own: Optional[str]
) -> None:
    tree: RpmTree = ready_rpm_host(tmp_path)
    family = Family(tree, kdumpctl.read, KDUMPCTL, ENVIRONMENT, environment.APPEND)
    family.host_says('APPEND="{0}"\n'.format(own) if own else "")
    wanted = '{0}="{1}panic=10"'.format(environment.APPEND, own + " " if own else "")
    for _run in range(3):
        family.write({"environment": {"KDUMP_IMG": "vmlinuz"}})
        assert family.files({"environment": {"KDUMP_IMG": "vmlinuz"}})[1].lines == [wanted, 'KDUMP_IMG="vmlinuz"']
        assert wanted in family.block()
    family.host_says('APPEND="panic=1"\n' + BEGIN + '\nKDUMP_IMG="vmlinuz"\n' + END + "\n")
    (_conf, file) = family.files({"environment": {}})
    assert (file.lines, file.differences(), file.left_over) == ([], ["KDUMP_IMG"], ["KDUMP_IMG"])
    family.write({"environment": {}})
    assert BEGIN not in family.block()
