# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What modules do on stub hosts: one function for each, from the task's arguments to the module's answer.

A module that is not here is an error of the harness, and so is a command that nobody knows: nothing passes by accident.
"""

from __future__ import annotations

import base64
import shutil
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory import reserved
from ansible_collections.kdump.fleet.plugins.module_utils.host.errors import KdumpError
from ansible_collections.kdump.fleet.plugins.modules.kdump_info import POLICY
from tests.fleet.stub_host import BOOT_ID, LOADED, StubHost

Answer = dict[str, Any]
StandIn = Callable[["Call"], Answer]
PROGRAMS = {"openssh-client": "/usr/bin/ssh"}  # packages that a target needs, and what kdump_info looks for


class HarnessError(Exception):
    """The test, not the product, is at fault."""


class Call:
    """One module call on one stub host."""

    def __init__(self, stub: StubHost, module: str, args: dict[str, Any], check: bool) -> None:
        self.stub, self.module, self.args, self.check = stub, module, args, check

    def flag(self, name: str, default: bool = False) -> bool:
        """A boolean argument, in any spelling that Ansible knows."""
        return str(self.args.get(name, default)).lower() in ("true", "yes", "1", "on")


def _policy(given: Any) -> dict[str, Any]:
    result = ArgumentSpecValidator(POLICY).validate(dict(given or {}))
    if result.error_messages:
        raise KdumpError("; ".join(result.error_messages))
    validated: dict[str, Any] = result.validated_parameters
    return validated


def kdump_info(call: Call) -> Answer:
    return call.stub.report(_policy(call.args.get("policy")), call.flag("fingerprint"))


def crash_memory_info(call: Call) -> Answer:
    return {**reserved.read(call.stub.tree.host()), "estimate": None}


def crashkernel(call: Call) -> Answer:
    value = None if call.args.get("state") == "absent" else str(call.args["value"])
    changed = call.stub.staged() != value
    if not call.check:
        call.stub.stage(value)
    return {"changed": changed, "value": value, "reboot_required": value != call.stub.running()}


def packages(call: Call) -> Answer:
    """Packages, apt and dnf alike."""
    absent = call.args.get("state") == "absent"
    there = call.stub.tree.path("/usr/sbin/kdump-config").exists()
    missing = {name: file for name, file in PROGRAMS.items() if not call.stub.tree.path(file).exists()}
    brings = [] if absent else [missing[name] for name in call.args["name"] if name in missing]
    if not call.check:
        (call.stub.uninstall if absent else call.stub.install)()
        for program in brings:
            call.stub.tree.program(program)
    return {"changed": there if absent else not there or bool(brings)}


def systemd(call: Call) -> Answer:
    wanted = call.args.get("state")
    if not call.check:
        if call.flag("enabled"):
            call.stub.enable()
        if wanted in ("restarted", "started"):
            call.stub.load()
        if wanted == "stopped":
            call.stub.tree.write(LOADED, "0\n")
    return {"changed": wanted == "restarted", "status": {"ActiveState": "active"}}


def reboot(call: Call) -> Answer:
    if call.check:
        return {"changed": True, "rebooted": True, "elapsed": 0}
    command = call.args.get("reboot_command")  # which asks for the boot, and has a test of its own
    if command and call.stub.read(BOOT_ID) not in command:
        said = "Reboot command failed. Error was: 'kdump.fleet: another boot, '"
        return {"failed": True, "rebooted": False, "msg": said}
    call.stub.boot()
    return {"changed": True, "rebooted": True, "elapsed": 30}


def wait_for_boot(call: Call) -> Answer:
    if call.check:
        return {"changed": False, "skipped": True}
    now = call.stub.read(BOOT_ID)
    if now == call.args["boot_id"]:
        said = call.stub.read(call.args.get("failure_file") or "/nowhere")
        why = f"had not booted again after {call.args['timeout']} seconds" if not said else f"has not crashed: {said}"
        return {"failed": True, "msg": f"{call.stub.name} {why}"}
    return {"changed": False, "boot_id": now, "elapsed": 148}


def slurp(call: Call) -> Answer:
    path = call.stub.tree.path(call.args["src"])
    if not path.exists():
        return {"failed": True, "msg": f"file not found: {call.args['src']}"}
    return {"changed": False, "content": base64.b64encode(path.read_bytes()).decode(), "encoding": "base64"}


def stat(call: Call) -> Answer:
    path = call.stub.tree.path(call.args["path"])
    return {"changed": False, "stat": {"exists": path.exists(), "isdir": path.is_dir(), "islnk": path.is_symlink()}}


def file(call: Call) -> Answer:
    name = call.args.get("path") or call.args["dest"]
    path, state = call.stub.tree.path(name), call.args.get("state", "file")
    if state == "absent":
        changed = path.exists() or path.is_symlink()
        script = call.stub.script()
        kept = [dump for dump in script["dumps"] if not dump["path"].startswith(name.rstrip("/") + "/")]
        changed = changed or kept != script["dumps"]
        if changed and not call.check:
            call.stub.write_script({**script, "dumps": kept})
            _remove(call, name)
        return {"changed": changed, "path": name}
    changed = not path.exists() or state == "touch"
    if changed and not call.check:
        if state == "directory":
            call.stub.tree.directory(name)
        elif state == "touch":
            path.touch()
        else:
            raise HarnessError(f"module file with state {state} of {name} is not scripted")
    return {"changed": changed, "path": name}


def _remove(call: Call, name: str) -> None:
    path = call.stub.tree.path(name)
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _write(call: Call, name: str, text: str) -> Answer:
    path = call.stub.tree.path(name)
    there = path.read_text() if path.is_file() else None
    answer: Answer = {"changed": there != text, "dest": name}
    if answer["changed"] and not call.check:
        if there is not None and call.flag("backup"):
            answer["backup_file"] = name + ".before~"
            call.stub.tree.write(answer["backup_file"], there)
        call.stub.tree.write(name, text)
    return answer


def copy(call: Call) -> Answer:
    if call.flag("remote_src"):
        return _write(call, call.args["dest"], call.stub.tree.path(call.args["src"]).read_text())
    if call.args.get("content") is not None:
        return _write(call, call.args["dest"], str(call.args["content"]))
    within = "files" if str(call.args["src"]).endswith("/") else ""  # a directory's content goes into another one
    return _write(call, call.args["dest"] + within, f"(the role's file {call.args['src']})\n")


def template(call: Call) -> Answer:
    """A file of the role's; its text is not rendered."""
    return _write(call, call.args["dest"], f"(the role's template {call.args['src']})\n")


def blockinfile(call: Call) -> Answer:
    name = call.args["path"]
    path = call.stub.tree.path(name)
    marker = call.args.get("marker", "# {mark} ANSIBLE MANAGED BLOCK")
    begin, end = (marker.replace("{mark}", word) for word in ("BEGIN", "END"))
    if not path.is_file() and not call.flag("create"):
        return {"failed": True, "rc": 257, "msg": f"Path {name} does not exist !"}
    lines = path.read_text().splitlines() if path.is_file() else []
    if begin in lines and end in lines:
        del lines[lines.index(begin) : lines.index(end) + 1]
    block = "" if call.args.get("state") == "absent" else str(call.args.get("block", ""))
    if block:
        lines += [begin, *block.splitlines(), end]
    return _write(call, name, "".join(line + "\n" for line in lines))


def vmcore_info(call: Call) -> Answer:
    """The dumps that crashes of this run, and the script, have left below the paths."""
    below = tuple(path.rstrip("/") + "/" for path in call.args.get("paths", ["/var/crash"]))
    script, mark = call.stub.script(), call.args.get("mark")
    found = [
        {
            **{key: value for key, value in dump.items() if key != "log"},
            "marked": mark in dump.get("log", []) if mark and dump["dmesg"] else None,
        }
        for dump in script["dumps"]
        if dump["path"].startswith(below)
    ]
    return {
        "changed": False,
        "vmcores": found,
        "count": len(found),
        "newest": found[-1] if found else None,
        "unreadable": script.get("unreadable", []),
    }


def command(call: Call) -> Answer:
    """A crash, the removal of files, and what the script of the host knows."""
    argv = [
        str(word) for word in call.args.get("argv") or str(call.args.get("cmd") or call.args.get("_raw_params")).split()
    ]
    line = " ".join(argv)
    no_output: Answer = {"stdout": "", "stdout_lines": [], "stderr": "", "stderr_lines": []}
    done: Answer = {"changed": True, "rc": 0, "cmd": argv, **no_output}
    for known in call.stub.script().get("commands", []):
        if known["match"] in line:
            text = known.get("stdout", "")
            code = known.get("rc", 0)
            return {**done, "rc": code, "failed": code != 0, "stdout": text, "stdout_lines": text.splitlines()}
    if call.check:
        return {**done, "skipped": True}
    if "prepare.sh" in argv:
        if not call.stub.script().get("takes_no_lines"):
            call.stub.write_script({**call.stub.script(), "log": [argv[-3]]})
            done["stdout"] = "marked"
        return done
    trigger = next((name for name, word in (("sysrq", "sysrq-trigger"), ("module", "insmod")) if word in line), None)
    if trigger and call.stub.script().get("crash_fails"):
        call.stub.tree.write(argv[-1], call.stub.script()["crash_fails"])
        return {
            **done,
            "started": 1,
            "finished": 0,
            "ansible_job_id": "1.1",
            "results_file": "/root/.ansible_async/1.1",
        }
    if trigger:
        call.stub.crash(trigger, datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"))
        return {
            **done,
            "started": 1,
            "finished": 0,
            "ansible_job_id": "1.1",
            "results_file": "/root/.ansible_async/1.1",
        }
    if argv[:3] == ["rm", "-rf", "--"]:
        for name in argv[3:]:
            _remove(call, name)
        return done
    if argv[:3] == ["rm", "-f", "--"]:
        script = call.stub.script()
        call.stub.write_script({**script, "dumps": [dump for dump in script["dumps"] if dump["path"] not in argv[3:]]})
        return done
    if argv[0] in ("rmdir", "make") or "remove-key" in argv:  # remove-key.sh, which has tests of its own
        return done
    raise HarnessError(f"a command that nobody has scripted: {line[:300]}")


def async_status(call: Call) -> Answer:
    """The job has gone with the kernel."""
    return {"changed": False, "started": 1, "finished": 0, "ansible_job_id": call.args.get("jid")}


def setup(call: Call) -> Answer:
    """The facts that role dump_server asks for."""
    return {"ansible_facts": {"pkg_mgr": "apt", "python": {"version": {"major": 3, "minor": 11}}}}


def getent(call: Call) -> Answer:
    """There is no account yet, in every run: nothing that follows depends on it."""
    return {"ansible_facts": {"getent_" + call.args["database"]: {call.args["key"]: None}}}


def unchanged(call: Call) -> Answer:
    """What a dump server gets besides keys: packages, an account, the gate, services. No test looks at it."""
    return {"changed": False}


STAND_INS: dict[str, StandIn] = {
    "kdump.fleet.kdump_info": kdump_info,
    "kdump.fleet.crash_memory_info": crash_memory_info,
    "kdump.fleet.crashkernel": crashkernel,
    "kdump.fleet.vmcore_info": vmcore_info,
    "kdump.fleet.wait_for_boot": wait_for_boot,
    "kdump.fleet.dump_gate": unchanged,
    "ansible.builtin.apt": packages,
    "ansible.builtin.dnf": packages,
    "ansible.builtin.async_status": async_status,
    "ansible.builtin.blockinfile": blockinfile,
    "ansible.builtin.command": command,
    "ansible.builtin.copy": copy,
    "ansible.builtin.file": file,
    "ansible.builtin.getent": getent,
    "ansible.builtin.package": unchanged,
    "ansible.builtin.ping": unchanged,
    "ansible.builtin.reboot": reboot,
    "ansible.builtin.service": unchanged,
    "ansible.builtin.setup": setup,
    "ansible.builtin.slurp": slurp,
    "ansible.builtin.stat": stat,
    "ansible.builtin.systemd_service": systemd,
    "ansible.builtin.template": template,
    "ansible.builtin.user": unchanged,
}
# Their work is done on the controller, and they touch nothing there.
ON_CONTROLLER = frozenset(
    f"ansible.builtin.{name}"
    for name in ("add_host", "assert", "debug", "fail", "group_by", "include_vars", "set_fact", "set_stats")
) | {"ansible.builtin.validate_argument_spec"}
