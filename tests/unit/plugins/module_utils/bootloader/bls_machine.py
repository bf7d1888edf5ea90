# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A directory that stands for a host with Boot Loader Specification entries, and a stand-in for its grubby.

The stand-in edits files as grubby of EL 8, EL 9 and Fedora does, its losses included: what goes through sed loses
backslashes, "&" becomes the whole line, and several blanks become one. The files have the forms that grub2-mkconfig,
kernel-install and grub2-editenv of these systems write.
"""

import os
import re
from typing import Callable, List, Match, Optional

from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import CommandError, CommandResult
from tests.unit.plugins.module_utils.bootloader.machine import SETTINGS, Files

ENTRIES = "/boot/loader/entries"
ENVIRONMENT = "/boot/grub2/grubenv"
MENU = "/boot/grub2/grub.cfg"
COMMAND_LINE = "/etc/kernel/cmdline"
MACHINE_ID = "e986846f63134c7295458cf36300ba5b"
NEWEST = MACHINE_ID + "-5.14.0-503.el9.x86_64"
OLDER = MACHINE_ID + "-5.14.0-70.el9.x86_64"
RESCUE = MACHINE_ID + "-0-rescue"
ARGUMENTS = "root=UUID=24cc9b1c ro console=ttyS0,115200n8 rd.lvm.lv=rhel/root"
MENU_TEXT = """\
### BEGIN /etc/grub.d/00_header ###
set pager=1
if [ -s $prefix/grubenv ]; then
  load_env
fi
if [ "${next_entry}" ] ; then
   set default="${next_entry}"
   set next_entry=
   save_env next_entry
   set boot_once=true
else
   set default="${saved_entry}"
fi
### END /etc/grub.d/00_header ###

### BEGIN /etc/grub.d/08_fallback_counting ###
insmod increment
if [ -n "${boot_counter}" -a "${boot_success}" = "0" ]; then
  if  [ "${boot_counter}" = "0" -o "${boot_counter}" = "-1" ]; then
    set default=1
    set boot_counter=-1
  else
    decrement boot_counter
  fi
  save_env boot_counter
fi
### END /etc/grub.d/08_fallback_counting ###

### BEGIN /etc/grub.d/10_linux ###
insmod part_gpt
# The kernelopts variable should be defined in the grubenv file.
if [ -z "${kernelopts}" ]; then
  set kernelopts="root=UUID=24cc9b1c ro fallback=1 "
fi

insmod blscfg
blscfg
### END /etc/grub.d/10_linux ###

### BEGIN /etc/grub.d/30_uefi-firmware ###
menuentry 'UEFI Firmware Settings' $menuentry_id_option 'uefi-firmware' {
\tfwsetup
}
### END /etc/grub.d/30_uefi-firmware ###

### BEGIN /etc/grub.d/40_custom ###
### END /etc/grub.d/40_custom ###
"""
ENTRY = """\
title Red Hat Enterprise Linux ({version}) 9.5 (Plow)
version {version}
linux /vmlinuz-{version}
initrd /initramfs-{version}.img{tuned}
options {options}
grub_users $grub_users
grub_arg --unrestricted
grub_class rhel
"""
NEW_GRUBBY = "#!/bin/bash\n# --no-etc-grub-update\nread old_args < /etc/kernel/cmdline\n"
OLD_GRUBBY = "#!/bin/bash\n"
INSTALLS_COMMAND_LINE = "#!/bin/bash\nread -r -d '' -a BOOT_OPTIONS < /etc/kernel/cmdline\n"
INSTALLS_KERNELOPTS = "#!/bin/bash\necho options \\$kernelopts\n"


def environment(**variables: str) -> str:
    """A grubenv file."""
    lines = ["{0}={1}\n".format(name, value) for name, value in variables.items()]
    text = "# GRUB Environment Block\n" + "".join(lines)
    return text + "#" * (1024 - len(text.encode("utf-8", "surrogateescape")))


class BlsMachine(Files):
    """A host in the directory I(root), as EL 9 has it; with I(kernelopts), as EL 8 has it; or with an older grubby."""

    def __init__(self, root: str, kernelopts: bool = False, old_grubby: bool = False) -> None:
        super().__init__(root)
        self.before_grubby: Optional[Callable[[], None]] = None
        self.after_grubby: Optional[Callable[[], None]] = None
        self.status = 0
        self.edits = True
        self.program("grubby", OLD_GRUBBY if old_grubby else NEW_GRUBBY)
        self.program("grub2-mkconfig")
        self.write(MENU, MENU_TEXT)
        self.write(SETTINGS, 'GRUB_DEFAULT=saved\nGRUB_CMDLINE_LINUX="rd.lvm.lv=rhel/root"\nGRUB_ENABLE_BLSCFG=true\n')
        self.write("/usr/lib/kernel/install.d/20-grub.install", INSTALLS_COMMAND_LINE)
        self.write("/proc/cmdline", "BOOT_IMAGE=(hd0,gpt2)/vmlinuz-5.14.0 " + ARGUMENTS + "\n")
        self.write(ENVIRONMENT, environment(saved_entry=NEWEST))
        self.write(COMMAND_LINE, ARGUMENTS + "\n")
        for name in (NEWEST, OLDER, RESCUE):
            self.entry(name)
        if kernelopts:
            self.write("/usr/lib/kernel/install.d/20-grub.install", INSTALLS_KERNELOPTS)
            self.write(ENVIRONMENT, environment(saved_entry=NEWEST, kernelopts=ARGUMENTS, boot_success="0"))
            os.unlink(self.path(COMMAND_LINE))
            for name in (NEWEST, OLDER, RESCUE):
                self.entry(name, "$kernelopts $tuned_params", " $tuned_initrd")

    def entry(self, name: str, options: str = ARGUMENTS, tuned: str = "") -> None:
        """Write an entry of the usual form."""
        text = ENTRY.format(version=name.partition("-")[2], options=options, tuned=tuned)
        self.write("{0}/{1}.conf".format(ENTRIES, name), text)

    def options(self, name: str = NEWEST) -> str:
        """What grep finds: the text of an entry's options."""
        return _value(self.read("{0}/{1}.conf".format(ENTRIES, name)), "options")

    def run(self, argv: List[str], timeout: float) -> CommandResult:
        self.calls.append((argv, timeout))
        if not os.path.exists(self.path("/usr/sbin/" + argv[0])):
            raise CommandError("Cannot run '{0}': No such file or directory.".format(argv[0]))
        if argv[0] != "grubby":
            return CommandResult(argv, self.status, "", "")
        if self.before_grubby is not None:
            self.before_grubby()
        if self.edits:
            Grubby(self, argv).update()
        if self.after_grubby is not None:
            self.after_grubby()
        return CommandResult(argv, self.status, "", "The param is incorrect\n" if self.status else "")


class Grubby(object):
    """C(grubby --update-kernel=ALL)."""

    def __init__(self, machine: BlsMachine, argv: List[str]) -> None:
        options = dict(word.partition("=")[::2] for word in argv[1:])
        assert options.pop("--update-kernel") == "ALL"
        self.machine = machine
        self.remove_words = options.pop("--remove-args", "").split()
        self.add_words = options.pop("--args", "").split()
        self.script = machine.read("/usr/sbin/grubby")
        self.settings = options.pop("--no-etc-grub-update", None) is None
        assert self.settings or "no-etc-grub-update" in self.script, "unrecognized option"
        # The option takes the next word along, in the releases that were read.
        assert self.settings or argv[-1] == "--no-etc-grub-update"
        assert not options, options
        self.zipl = os.path.exists(machine.path("/etc/zipl.conf"))

    def update(self) -> None:
        if not self.zipl:
            self._settings()
            self._environment()
        names = self.machine.host.glob(ENTRIES + "/*.conf")
        texts = {name: self.machine.read(name) for name in names}
        kernelopts = self._kernelopts()
        for name in names:
            text = _value(texts[name], "options")
            if "$kernelopts" in text.split():
                continue
            self.machine.write(name, _set_value(texts[name], self._edited(text)))
        if COMMAND_LINE in self.script:
            if not os.path.exists(self.machine.path(COMMAND_LINE)):
                last = _value(texts[sorted(names)[0]], "options")  # the names sort so that this is the one for rescue
                self.machine.write(COMMAND_LINE, last.replace("$kernelopts", kernelopts or "$kernelopts") + "\n")
            first = self.machine.read(COMMAND_LINE).partition("\n")[0].replace("\\", "")
            self.machine.write(COMMAND_LINE, self._edited(first) + "\n")

    def _settings(self) -> None:
        text = self.machine.host.read(SETTINGS) or ""
        match = re.search(r'^GRUB_CMDLINE_LINUX="(.*)"$', text, re.MULTILINE)
        if self.settings and match and match.group(1) and COMMAND_LINE in self.script:
            new = 'GRUB_CMDLINE_LINUX="{0}"'.format(self._edited(match.group(1)))
            self.machine.write(SETTINGS, re.sub("^GRUB_CMDLINE_LINUX.*", lambda _match: new, text, flags=re.MULTILINE))

    def _kernelopts(self) -> str:
        match = re.search("^kernelopts=(.*)", self.machine.host.read(ENVIRONMENT) or "", re.MULTILINE)
        return match.group(1) if match else ""

    def _environment(self) -> None:
        old = self._kernelopts()
        if old:
            text = self.machine.read(ENVIRONMENT).rstrip("#")
            text = text.replace("\nkernelopts={0}\n".format(old), "\nkernelopts={0}\n".format(self._edited(old)))
            self.machine.write(ENVIRONMENT, text + "#" * (1024 - len(text.encode("utf-8", "surrogateescape"))))

    def _edited(self, arguments: str) -> str:
        names = self.remove_words + [word.partition("=")[0] for word in self.add_words]
        for name in names:
            arguments = _echo(arguments)
            arguments = re.sub(r"(^|[ \t])" + name + r"(([ \t]|$)|(=[^ ]*))", " ", arguments)
        return _echo(" ".join([arguments] + self.add_words))


def _echo(text: str) -> str:
    """Words of the shell."""
    return " ".join(word for word in re.split("[ \t\n]", text) if word)


def _value(text: str, key: str) -> str:
    # To grep, [ \\t] is a blank, a backslash or the letter t.
    return "\n".join(re.findall("^" + key + r"(?=[ t\\])[ \t]*(.*)", text, re.MULTILINE))


def _set_value(text: str, value: str) -> str:
    """sed -e "s/^options.*/options VALUE/"."""

    def replaced(match: Match[str]) -> str:
        return "options " + re.sub(
            r"\\(.)|&", lambda part: part.group(1) if part.group(1) else match.group(), _echo(value)
        )

    return re.sub("^options.*", replaced, text, flags=re.MULTILINE)
