# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directives of kdump.conf(5), and what is wrong with the value of one.

Sources: kdumpctl, mkdumprd and their libraries (kdump-utils 1.0.61), makedumpfile 1.7.9 --check-params, and what
ssh(1), mount.nfs(8) and ip-route(8) make of a server, because kdumpctl and mkdumprd pass their refusals on.
"""

import re
import socket
from typing import Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from ...host.errors import KdumpError

# In the order of a well-kept file. Every kind has a rule of its own below.
_KINDS = (
    ("switch", "auto_reset_crashkernel"),
    ("target", "raw ext2 ext3 ext4 xfs btrfs minix nfs virtiofs ssh"),
    ("path", "sshkey path"),
    ("collector", "core_collector"),
    ("hook", "kdump_emergency kdump_pre kdump_post"),
    ("list", "extra_bins extra_modules"),
    ("action", "failure_action default final_action"),
    ("switch", "force_rebuild force_no_rebuild"),
    ("arguments", "dracut_args fence_kdump_args"),
    ("list", "fence_kdump_nodes"),
)
DIRECTIVES: Dict[str, str] = {name: kind for kind, names in _KINDS for name in names.split()}
TARGETS = tuple(name for name in DIRECTIVES if DIRECTIVES[name] == "target")
FILE_SYSTEMS = ("ext2", "ext3", "ext4", "xfs", "btrfs", "minix")
ACTIONS = ("reboot", "halt", "poweroff", "shell", "dump_to_rootfs")

# The options of makedumpfile(8). A letter of the second group and a word with "=" take a value.
_CLUSTER = re.compile("-([cDeEFfhlpRvXz]*)(?:([bdgiLx])(.*))?\\Z", re.DOTALL)
_SIZE = re.compile("[+-]?(?=[0xX]*[1-9a-fA-F])(0[xX][0-9a-fA-F]+|[0-9]+)[KMGTPE]?\\Z", re.IGNORECASE)
_OPTIONS = (
    "split reassemble dump-dmesg partial-dmesg help non-mmap mem-usage check-params dry-run show-stats xen-syms= "
    "xen-vmcoreinfo= xen_phys_start= message-level= vtop= config= diskset= cyclic-buffer= eppic= splitblock-size= "
    "work-dir= num-threads= extension="
)
_WORDS = {word.rstrip("="): word.endswith("=") for word in _OPTIONS.split()}
_CLASHES = (
    ("c l p z", "E"),
    ("i xen-vmcoreinfo", "x xen-syms"),
    ("dump-dmesg", "dry-run"),
    ("split", "F E num-threads"),
    ("num-threads", "E"),
    ("reassemble", "c l p z d E i xen-vmcoreinfo x xen-syms F X split dry-run"),
)
_NEEDS = (("config", "x"), ("partial-dmesg", "dump-dmesg"), ("e", "work-dir"))
_NO_DUMP = ("h", "help", "v", "reassemble", "dump-dmesg", "mem-usage", "dry-run")


class Flaw(NamedTuple):
    """What is wrong with a value: a code of kdump_conf.CODES, the reason, and what to write instead."""

    code: str
    reason: str
    remedy: str


def flaws(name: str, value: str, target: str) -> Iterator[Flaw]:
    """What is wrong with the I(value) of a known directive; I(target) is the directive of the target, '' for none."""
    if name != "dracut_args" and re.match("""(?!UUID=|LABEL=).*["']""", value):
        yield Flaw("quotes", "the quotes are taken for a part of the value", "Write the value without quotes.")
    yield from _RULES[DIRECTIVES[name]](name, value, target)


def mount(value: str) -> Optional[Tuple[str, str]]:
    """Device and file system of the --mount in dracut_args, '' for what kdumpctl cannot read; None without --mount."""
    if "--mount" not in value:
        return None
    # The first character is taken for a quote, whatever it is, and a lone word for the device and the file system.
    found = re.search("--mount .(.*)", value)
    fields = (found.group(1) if found else "").split(" ")
    return fields[0], fields[0] if len(fields) == 1 else "".join(fields[2:3])


def _target(name: str, value: str, _of: str) -> Iterator[Flaw]:
    if name == "ssh":
        yield from _ssh(value)
    elif name == "nfs":
        shape = re.match(r"(?:\[([^\]]+)\]|([^:\[]+)):/", value)
        server = (shape.group(1) or shape.group(2)) if shape else ""
        if value.startswith("nfs://") or not _is_host(server) or not _is_host(_server(value)):
            yield Flaw(
                "nfs-target", "this is not an export", "Write 'nfs server:/export' or 'nfs [IPv6 address]:/export'."
            )
    elif name != "virtiofs":
        tags = "" if name == "raw" else "|(PART)?(UUID|LABEL)="
        if not re.match("/[^ \t]+\\Z" + tags, value):
            yield Flaw("device-form", "this is not a device", "Write '{0} /dev/...'.".format(name))


def _ssh(value: str) -> Iterator[Flaw]:
    user, at, host = value.partition("@")
    address = _address(host.strip("[]"))
    better, reason = host, ""
    if not at:
        better, user, reason = value, "user", "the user is missing"
    elif not user or user.startswith("-") or (user.startswith("ssh://") and ":" in host):
        user, reason = "user", "there is no user in front of '@'"
    elif address:
        # kdumpctl compares the host with what ssh makes of it.
        better = address
        reason = "" if address.lower() == host.lower() else "ssh spells this address {0}".format(address)
    elif not _is_host(host):
        better, reason = host.partition(":")[0], "there is no server of the name '{0}'".format(host)
    elif host != host.lower():
        better, reason = host.lower(), "ssh spells this name {0}".format(host.lower())
    if reason:
        hint = " A dump server of the inventory has it in dump_server_address." if "ssh spells" in reason else ""
        better = (_address(better) or better.lower()) if _is_host(better) else "server"
        yield Flaw("ssh-target", reason, "Write 'ssh {0}@{1}'.{2}".format(user, better, hint))
    elif re.search("[^A-Za-z0-9_.$+-]", user):
        yield Flaw(
            "ssh-user", "'{0}' is not a usual name of a user".format(user), "Use letters, digits, '_', '.', '-'."
        )


def _server(value: str) -> str:
    """The server in the value of a target, as kdump-lib.sh takes it out."""
    host = value.partition("@")[2] if "@" in value else value
    host = host.rpartition(":/")[0] if ":/" in host else host
    return re.sub(r"\A\[|\]\Z", "", host)


def _address(text: str) -> str:
    """An IP address as the C library spells it; '' when the text is none."""
    try:
        if re.match(r"[0-9A-Fa-fxX.]+\Z", text):
            return socket.inet_ntoa(socket.inet_aton(text))
        return socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, text))
    except (OSError, ValueError):
        return ""


def _is_host(text: str) -> bool:
    return bool(re.match(r"(?!-)(?=.*[A-Za-z])[A-Za-z0-9_.-]+\Z", text) or _address(text))


def _path(name: str, value: str, target: str) -> Iterator[Flaw]:
    if name != "path" or not target:
        yield from _relative(value)
    if re.search("[ \t]", value):
        yield Flaw("path-blanks", "blanks and all behind them are taken for a part of the path", "Write a path alone.")


def _relative(path: str) -> Iterator[Flaw]:
    if not path.startswith("/"):
        yield Flaw("relative-path", "{0} is not an absolute path".format(path), "Write a path that begins with '/'.")


def _list(name: str, value: str, _of: str) -> Iterator[Flaw]:
    if "," in value:
        yield Flaw("list-commas", "commas do not separate anything here", "Separate with blanks.")
    elif name == "extra_bins":
        yield from (flaw for path in value.split() for flaw in _relative(path))


def _action(name: str, value: str, _of: str) -> Iterator[Flaw]:
    known = ACTIONS[:3] if name == "final_action" else ACTIONS
    if value not in known:
        yield Flaw("action-unknown", "there is no such action", "Write one of: {0}.".format(", ".join(known)))
    elif name == "default":
        yield Flaw("renamed-directive", "its name is failure_action now", "Write 'failure_action {0}'.".format(value))


def _switch(name: str, value: str, _of: str) -> Iterator[Flaw]:
    if name == "auto_reset_crashkernel" and value not in ("yes", "no"):
        yield Flaw("switch-not-no", "everything but 'no' counts as yes", "Write 'yes' or 'no'.")
    if name != "auto_reset_crashkernel" and value not in ("0", "1"):
        yield Flaw("switch-unknown", "kdumpctl takes 0 or 1 alone", "Write '{0} 1', or take it out.".format(name))


def _arguments(name: str, value: str, _of: str) -> Iterator[Flaw]:
    if name != "dracut_args":
        return
    device, kind = mount(value) or ("-", "-")
    form = 'Write --mount "device directory type options", with one blank behind --mount.'
    if value.count("--mount") > 1:
        yield Flaw("two-targets", "it mounts more than one target", "Keep one --mount.")
    elif not device or not kind:
        yield Flaw("mount-argument", "kdumpctl cannot find the target in --mount", form)
    elif kind == "ssh":
        yield from _ssh(device)
    elif kind.startswith("nfs") and not _is_host(_server(device)):
        yield Flaw("nfs-target", "'{0}' is not an export of a server".format(device), form)
    elif re.search("--mount [^\"']", value):
        yield Flaw("mount-unquoted", "the first letter is taken for a quote", form)
    if not re.match(r"""(?:[^"'\\]|\\.|"[^"]*"|'[^']*')*\Z""", value):
        yield Flaw("quotes", "a quote or backslash has no partner, and words get lost", "Close the quotes.")


def _collector(_name: str, value: str, target: str) -> Iterator[Flaw]:
    stream = target in ("ssh", "raw")
    proper = "Write 'core_collector makedumpfile {0}-l --message-level 7 -d 31'.".format("-F " if stream else "")
    command, _blank, parameters = value.partition(" ")
    if {"cat": not stream, "cp": stream, "scp": target == "raw"}.get(command):
        yield Flaw("collector-unfit", "the dump of {0} does not reach this target".format(command), proper)
    elif command == "makedumpfile" and stream and "-F" not in parameters:
        yield Flaw("collector-flattened", "the target {0} takes nothing but a flattened dump".format(target), proper)
    elif command == "makedumpfile":
        words = re.findall("[^ \t]+", parameters)
        try:
            yield from _misled(_checked(words + (["vmcore"] if stream else ["vmcore", "dumpfile"])), proper)
        except KdumpError as error:
            yield Flaw("collector-options", "makedumpfile refuses {0}".format(error), proper)
    if "makedumpfile" in value and any("-F" in word and word != "-F" for word in value.split()):
        yield Flaw("collector-cut", "the capture kernel cuts '-F' out of words", "Write -F by itself.")


def _misled(given: Sequence[Tuple[str, str]], proper: str) -> Iterator[Flaw]:
    """What makedumpfile accepts without doing what was meant."""
    names = set(dict(given))
    if len(names.intersection("clpz")) > 1:
        yield Flaw("collector-compressions", "of several compressions the last one counts", "Write one of them.")
    if not all(re.match(r"[0-9]+(,[0-9]+)*\Z", value) for name, value in given if name == "d"):
        yield Flaw("collector-level", "makedumpfile reads what is not a number as a zero", "Write -d 31.")
    if names.intersection(_NO_DUMP):
        yield Flaw("collector-no-dump", "makedumpfile writes no dump with these options", proper)


def _checked(words: Sequence[str]) -> List[Tuple[str, str]]:
    """The options of makedumpfile among I(words), which end with its files; KdumpError when it refuses them."""
    given, others = _options(words)
    for name, value in given:
        levels = [level for level in value.split(",") if level] if name == "d" else [value]
        if name in ("d", "message-level") and not all(0 <= _atoi(level) <= 31 for level in levels):
            raise KdumpError("the level '{0}', which goes from 0 to 31".format(value))
        if name == "L" and not _SIZE.match(value):
            raise KdumpError("the size '{0}'".format(value))
    values = dict(given)
    names = set(values).difference(name for name in ("d", "num-threads") if _atoi(values.get(name, "")) <= 0)
    if names.intersection(("h", "help", "v")):
        return given
    for some, more in _CLASHES:
        both = names.intersection(some.split()), names.intersection(more.split())
        if all(both):
            raise KdumpError("'{0}' together with '{1}'".format(*(min(options) for options in both)))
    for name, other in _NEEDS:
        if name in names and not names.intersection((other, "reassemble")):
            raise KdumpError("'{0}' without '{1}'".format(name, other))
    least, most = (1, 1) if names.intersection(("F", "diskset")) else (1 if "mem-usage" in names else 2, 2)
    if "split" in names:
        least, most = 2 if "diskset" in names else 3, len(others)
    if names.intersection("gR") or not (least <= len(others) <= most or "reassemble" in names):
        rest = "'{0}' behind its options".format(" ".join(others))
        raise KdumpError("-F for a target with files" if "F" in names and len(others) == 2 else rest)
    return given


def _options(words: Sequence[str]) -> Tuple[List[Tuple[str, str]], List[str]]:
    """Options with their values, and the other words, as getopt_long(3) separates them.

    An option without its value takes the next word for it, be it one of the files.
    """
    given: List[Tuple[str, str]] = []
    others: List[str] = []
    left = iter(words)
    for word in left:
        if word == "--":
            others.extend(left)
        elif word.startswith("--"):
            start, equals, value = word[2:].partition("=")
            names = [start] if start in _WORDS else [name for name in _WORDS if name.startswith(start)]
            if len(names) != 1 or (equals and not _WORDS[names[0]]):
                raise KdumpError("'{0}', which is {1}".format(word, "ambiguous" if len(names) > 1 else "not an option"))
            given.append((names[0], value if equals or not _WORDS[names[0]] else next(left, "")))
        elif word.startswith("-") and word != "-":
            found = _CLUSTER.match(word)
            if found is None:
                raise KdumpError("'{0}', which is not an option".format(word))
            flags, valued, value = found.groups()
            given.extend((flag, "") for flag in flags)
            if valued:
                given.append((valued, value or next(left, "")))
        else:
            others.append(word)
    return given, others


def _atoi(text: str) -> int:
    """What atoi(3) makes of a text: its leading number in 32 bits."""
    found = re.match(r"[ \t\v\f\r]*([+-]?)0*([0-9]{0,20})", text)
    sign, digits = found.groups() if found else ("", "")
    number = max(min(int(sign + (digits or "0")), 2**63 - 1), -(2**63))
    return (number + 2**31) % 2**32 - 2**31


_RULES: Dict[str, Callable[[str, str, str], Iterator[Flaw]]] = {
    "target": _target,
    "path": _path,
    "collector": _collector,
    "hook": _path,
    "list": _list,
    "action": _action,
    "switch": _switch,
    "arguments": _arguments,
}
