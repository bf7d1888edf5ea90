# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module kdump_info: with the real AnsibleModule, in this process and in one of its own."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils import basic

from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory import last_capture
from ansible_collections.kdump.fleet.plugins.module_utils.readiness import proof, report
from ansible_collections.kdump.fleet.plugins.module_utils.tools.kdump_tools import COMPRESSIONS
from ansible_collections.kdump.fleet.plugins.module_utils.tools.policy import Policy
from ansible_collections.kdump.fleet.plugins.modules import kdump_info
from tests.unit.plugins.module_utils import rpm_tree
from tests.unit.plugins.module_utils.host_tree import CONFIGURATION, IOMEM, MENU, VALUE, HostTree, ready_host

TYPES = {"bool": bool, "int": int, "str": str, "list": list, "dict": dict}
Change = Callable[[HostTree], Any]


@pytest.fixture
def tree(tmp_path: Path) -> HostTree:
    return ready_host(tmp_path / "host")


def arguments(options: dict[str, Any], check_mode: bool = False) -> bytes:
    """What Ansible hands to a module."""
    return json.dumps({"ANSIBLE_MODULE_ARGS": {**options, "_ansible_check_mode": check_mode}}).encode()


class Runner:
    """Runs the module on a tree and answers with its exit status and its JSON."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.monkeypatch = monkeypatch
        self.capsys = capsys

    def __call__(self, tree: HostTree, options: dict[str, Any], check_mode: bool = False) -> tuple[int, dict[str, Any]]:
        self.monkeypatch.setattr(kdump_info, "Host", tree.host)
        self.monkeypatch.setattr(basic, "_ANSIBLE_ARGS", arguments(options, check_mode))
        self.monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        with pytest.raises(SystemExit) as end:
            kdump_info.main()
        out, err = self.capsys.readouterr()
        assert err == ""
        assert "Traceback" not in out
        answer = json.loads(out)
        assert isinstance(answer, dict)
        assert isinstance(end.value.code, int)
        return end.value.code, answer


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Runner:
    return Runner(monkeypatch, capsys)


@pytest.mark.parametrize("check_mode", [False, True])
def test_it_answers_and_changes_nothing(tree: HostTree, run: Runner, check_mode: bool) -> None:
    before = {path: path.lstat().st_mtime_ns for path in tree.root.rglob("*")}
    status, answer = run(tree, {"policy": {"crashkernel": "default", "path": "/var/crash"}}, check_mode)
    assert status == 0
    assert (answer["changed"], answer["ready"], answer["findings"]) == (False, True, [])
    assert {path: path.lstat().st_mtime_ns for path in tree.root.rglob("*")} == before


@pytest.mark.parametrize(
    "options", [{}, {"policy": {}}, {"policy": {"crashkernel": None, "keep_dumps": None, "options": None}}]
)
def test_without_a_policy_nothing_is_asked_for(tree: HostTree, run: Runner, options: dict[str, Any]) -> None:
    status, answer = run(tree, options)
    assert (status, answer["crashkernel_wanted"], answer["ready"]) == (0, None, True)


def test_the_policy_reaches_the_judgement(tree: HostTree, run: Runner) -> None:
    policy = {
        "crashkernel": "256M",
        "path": "/data/crash",
        "core_collector": "makedumpfile -d 17",
        "compression": "xz",
        "keep_dumps": "5",
        "options": {"KDUMP_DUMP_DMESG": False},
    }
    status, answer = run(tree, {"policy": policy})
    assert status == 0
    assert answer["setup"]["configuration"][0]["lines"][1:] == [
        'KDUMP_COMPRESSION="xz"',
        'KDUMP_COREDIR="/data/crash"',
        'KDUMP_DUMP_DMESG="0"',
        'KDUMP_NUM_DUMPS="5"',
        'MAKEDUMP_ARGS="-d 17"',
        'USE_KDUMP="1"',
    ]
    assert answer["crashkernel_wanted"] == "256M"
    assert answer["needs_rollout"] is True


def hide_addresses(tree: HostTree) -> None:
    lines = [f"00000000-00000000 :{line.partition(' :')[2]}\n" for line in IOMEM.splitlines()]
    tree.write("/proc/iomem", "".join(lines))


def without_tools(tree: HostTree) -> None:
    tree.remove("/usr/sbin/kdump-config", "/usr/bin/apt-get")


def directory(name: str) -> Change:
    def change(tree: HostTree) -> None:
        tree.remove(name)
        tree.directory(name)

    return change


def loop(name: str) -> Change:
    return lambda tree: tree.link(name, Path(name).name)


def nothing(tree: HostTree) -> None:
    """The policy alone is wrong."""


@pytest.mark.parametrize(
    ("change", "policy", "message"),
    [
        (hide_addresses, {}, "Only root can judge a host: /proc/iomem hides its addresses. Run with become: true."),
        (without_tools, {}, "No known kdump tool and no way to install one."),
        (directory(CONFIGURATION), {}, "/etc/default/kdump-tools: Is a directory. Check the path"),
        (loop(CONFIGURATION), {}, "/etc/default/kdump-tools: Too many levels of symbolic links."),
        (directory("/proc/cmdline"), {}, "/proc/cmdline: Is a directory."),
        (nothing, {"path": "/"}, "The dump path '/' is a directory of the system"),
        (nothing, {"path": "crash"}, "The dump path 'crash' is not absolute: write it from /."),
        (nothing, {"path": "/a\nb"}, "The value of KDUMP_COREDIR cannot be written"),
        (nothing, {"path": ["/a"]}, "The dump path '['/a']' is not absolute"),
        (nothing, {"keep_dumps": -1}, "Cannot keep -1 dumps"),
        (nothing, {"crashkernel": "lots"}, "The crashkernel value 'lots' cannot be used"),
        (nothing, {"crashkernel": "512"}, "'512' reserves 512 bytes, and 16 MiB is the least"),
        (nothing, {"crashkernel": "0256M"}, "the kernel reads '0256M' as an octal number, 174 MiB"),
        (nothing, {"crashkernel": "1G\u00fc"}, "The crashkernel value '1G"),
        (nothing, {"core_collector": "cp"}, "The core collector 'cp' cannot be used here"),
        (nothing, {"compression": "zip"}, "value of compression must be one of: none, bzip2, gzip, lz4, xz"),
        (nothing, {"keep_dumps": "many"}, "keep_dumps"),
        (nothing, {"options": {"X": [1]}}, "The option X is [1]: give it one text or number"),
        (nothing, {"options": "nonsense"}, "options"),
        (nothing, {"options": {"a b": 1}}, "The option 'a b' cannot be written"),
        (nothing, {"colour": "red"}, "Unsupported parameters"),
    ],
)
def test_every_failure_is_one_clear_message(
    tree: HostTree, run: Runner, change: Change, policy: dict[str, Any], message: str
) -> None:
    change(tree)
    status, answer = run(tree, {"policy": policy})
    assert status == 1
    assert answer["failed"] is True
    assert message in answer["msg"]
    assert "defect of kdump.fleet" not in answer["msg"]
    answer["msg"].encode("utf-8")


@pytest.mark.parametrize("policy", ["nonsense", None])
def test_a_policy_that_is_none_is_refused(tree: HostTree, run: Runner, policy: Any) -> None:
    status, answer = run(tree, {"policy": policy})
    assert (status, answer["failed"]) == (1, True)


def test_an_unforeseen_error_is_a_message_too(tree: HostTree, run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_given: Any) -> dict[str, Any]:
        raise KeyError("surprise")

    monkeypatch.setattr(kdump_info, "report", broken)
    status, answer = run(tree, {})
    assert status == 1
    assert answer["msg"] == (
        "Unexpected KeyError: 'surprise'. This is a defect of kdump.fleet: please report it with this message."
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda tree: tree.append(CONFIGURATION, 'KDUMP_COREDIR="/var/\udcff\x1b"\nHOSTTAG=\udcfe\n'),
        lambda tree: tree.running("\udcff"),
        lambda tree: tree.replace(MENU, "Debian", "\udcffebian"),
        lambda tree: tree.replace(MENU, VALUE, "\udcff"),
        lambda tree: tree.write("/proc/sys/kernel/osrelease", "6.12\udcff\n"),
        lambda tree: tree.write("/sys/kernel/security/lockdown", "[\udcff]"),
        lambda tree: tree.write(proof.RECORD, "\udcff"),
        lambda tree: tree.write_record({**tree.record(), "time": "\udcff"}),
    ],
)
def test_bytes_that_are_not_utf8_do_not_break_the_answer(tree: HostTree, run: Runner, change: Change) -> None:
    change(tree)
    status, answer = run(tree, {"policy": {"crashkernel": "default"}})
    assert status == 0
    json.dumps(answer, ensure_ascii=False).encode("utf-8")


# ---- a process of its own

ON_TREE = """
import sys
from ansible.module_utils import basic
from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import Host
from ansible_collections.kdump.fleet.plugins.modules import kdump_info
from tests.unit.plugins.module_utils import rpm_tree

basic._ANSIBLE_ARGS = sys.stdin.buffer.read()
basic._ANSIBLE_PROFILE = "legacy"
if sys.argv[1] != "/":
    kdump_info.Host = lambda: Host(sys.argv[1])
kdump_info.main()
"""


def in_process(root: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    paths = [path for path in sys.path if path]
    return subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {paths!r}\n{ON_TREE}", root],
        input=arguments(options),
        capture_output=True,
        check=False,
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
        timeout=120,
    )


def test_a_process_answers_on_a_ready_host(tree: HostTree) -> None:
    tree.append(CONFIGURATION, "HOSTTAG=\udcff\n")
    done = in_process(str(tree.root), policy={"path": "/var/crash"})
    assert (done.returncode, done.stderr) == (0, b"")
    answer = json.loads(done.stdout)
    assert answer["ready"] is True
    assert "'\\xff'" in answer["findings"][0]["message"]


def test_a_process_fails_with_one_message(tree: HostTree) -> None:
    directory(CONFIGURATION)(tree)
    done = in_process(str(tree.root))
    assert (done.returncode, done.stderr) == (1, b"")
    assert json.loads(done.stdout)["msg"].endswith("its permissions and the free space, and run again.")


def test_a_process_looks_at_this_machine_without_a_traceback() -> None:
    """Whatever this machine is: an answer, or a message that says why there is none."""
    done = in_process("/")
    assert done.stderr == b""
    answer = json.loads(done.stdout)
    assert done.returncode == (1 if answer.get("failed") else 0)
    assert "defect of kdump.fleet" not in answer.get("msg", "")


# ---- documentation


def agree(documented: dict[str, Any], value: dict[str, Any], where: str) -> None:
    """Every key is documented and of the documented type where it is not null."""
    assert set(documented) == set(value), where
    for name, leaf in documented.items():
        if value[name] is not None:
            assert isinstance(value[name], TYPES[leaf["type"]]), f"{where}.{name}"
        if "contains" in leaf and value[name] is not None:
            for one in value[name] if leaf["type"] == "list" else [value[name]]:
                agree(leaf["contains"], one, f"{where}.{name}")
        elif "contains" not in leaf and leaf["sample"] is not None:
            assert isinstance(leaf["sample"], TYPES[leaf["type"]]), f"{where}.{name}"


def test_the_documentation_names_what_is_returned(tree: HostTree) -> None:
    tree.path("/var/crash").chmod(0o755)
    tree.write(last_capture.MEASURED, "total 2\nleast_available 1\n")
    answer = report.report(tree.host(), Policy.of({"crashkernel": "default"}))
    assert answer["findings"]
    agree(yaml.safe_load(kdump_info.RETURN), answer, "RETURN")


def test_the_documentation_names_what_is_to_be_mounted(tree: HostTree) -> None:
    tree.write("/dev/vdb", "")
    tree.write("/proc/self/mounts", "/dev/vdb /srv/dumps ext4 rw 0 0\n")
    policy = {"target": {"type": "ext4", "location": "/dev/vdb"}, "mount_point": "/srv/dumps"}
    answer = report.report(tree.host(), Policy.of(policy))
    assert answer["target"]["mount"]["mounted"]
    agree(yaml.safe_load(kdump_info.RETURN), answer, "RETURN")


def test_the_documentation_names_what_an_export_is_mounted_with(tmp_path: Path) -> None:
    policy = {"target": {"type": "nfs", "location": "dump1:/export"}, "nfs_options": "soft"}
    answer = report.report(rpm_tree.ready_rpm_host(tmp_path / "rpm").host(), Policy.of(policy))
    assert answer["target"]["export"]["line"]
    agree(yaml.safe_load(kdump_info.RETURN), answer, "RETURN")


def test_the_documentation_names_the_options() -> None:
    documented = yaml.safe_load(kdump_info.DOCUMENTATION)["options"]["policy"]
    spec: dict[str, Any] = kdump_info.POLICY
    assert documented["default"] == {}
    assert {name: option["type"] for name, option in documented["suboptions"].items()} == {
        name: option["type"] for name, option in spec.items()
    }
    assert documented["suboptions"]["compression"]["choices"] == list(COMPRESSIONS)
    assert spec["compression"]["choices"] == list(COMPRESSIONS)
    assert set(spec) == set(Policy._fields)


def test_the_examples_are_tasks_of_this_module() -> None:
    tasks = yaml.safe_load(kdump_info.EXAMPLES)
    assert all(task["name"] for task in tasks)
    policies = [task["kdump.fleet.kdump_info"]["policy"] for task in tasks if task.get("kdump.fleet.kdump_info")]
    assert all(set(policy) <= set(kdump_info.POLICY) for policy in policies)
