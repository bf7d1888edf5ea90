# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A directory that stands for a host with GRUB 2, and a stand-in for its generator.

The stand-in sources the settings with the real shell, as grub-mkconfig does, and writes a menu of the same form.
"""

import os
import subprocess
from typing import Callable, Dict, List, Optional, Sequence, Tuple

from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import CommandError, CommandResult, Host

FIXTURES = os.path.join(
    os.path.dirname(os.path.abspath(__file__)), os.pardir, os.pardir, os.pardir, "fixtures", "grub2"
)
DROP_IN = "/etc/default/grub.d/zz-kdump-fleet.cfg"
MENU = "/boot/grub/grub.cfg"
SETTINGS = "/etc/default/grub"
KERNELS = ("6.12.107", "6.12.43")
SOURCING = """
set -e
. {root}/etc/default/grub
if [ {drop_ins} = yes ]; then
    for x in {root}/etc/default/grub.d/*.cfg; do
        if [ -e "$x" ]; then . "$x"; fi
    done
fi
printf '%s\\0%s\\0%s' "${{GRUB_CMDLINE_LINUX-}}" "${{GRUB_CMDLINE_LINUX_DEFAULT-}}" "${{GRUB_DEFAULT:-0}}"
"""


def fixture(name: str) -> str:
    """The text of a fixture."""
    with open(os.path.join(FIXTURES, name), "rb") as stream:
        return stream.read().decode("utf-8")


def menu_text(linux: str, default: str, first: str = "0", custom: str = "", kernels: Sequence[str] = KERNELS) -> str:
    """A grub.cfg of the form that grub-mkconfig writes."""
    lines = ["### BEGIN /etc/grub.d/00_header ###"]
    lines += ['if [ "${next_entry}" ] ; then', '   set default="${next_entry}"', "else"]
    lines += ['   set default="{0}"'.format("${saved_entry}" if first == "saved" else first), "fi"]
    lines += ["### END /etc/grub.d/00_header ###", "", "### BEGIN /etc/grub.d/10_linux ###"]
    lines += _entry("Debian GNU/Linux", "simple", kernels[0], linux + " " + default)
    lines += ["submenu 'Advanced options' $menuentry_id_option 'advanced' {"]
    for kernel in kernels:
        lines += _entry("Debian, with Linux " + kernel, kernel + "-advanced", kernel, linux + " " + default)
        lines += _entry("Debian, with Linux " + kernel + " (recovery)", kernel + "-recovery", kernel, "single " + linux)
    lines += ["}", "### END /etc/grub.d/10_linux ###", ""]
    lines += ["### BEGIN /etc/grub.d/40_custom ###", custom, "### END /etc/grub.d/40_custom ###", ""]
    return "\n".join(lines)


def _entry(title: str, name: str, kernel: str, arguments: str) -> List[str]:
    return [
        "menuentry '{0}' --class gnu-linux $menuentry_id_option '{1}' {{".format(title, name),
        "\tif [ x$grub_platform = xxen ]; then insmod xzio; insmod lzopio; fi",
        "\tlinux\t/boot/vmlinuz-{0} root=UUID=95d3fad2 ro {1}".format(kernel, arguments),
        "\tinitrd\t/boot/initrd.img-{0}".format(kernel),
        "}",
    ]


class Files(object):
    """A host in the directory I(root), and how to look at it."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.calls: List[Tuple[List[str], float]] = []
        self.host = Host(root, self.run)

    def run(self, argv: List[str], timeout: float) -> CommandResult:
        """The runner of C(host)."""
        raise NotImplementedError

    def path(self, name: str) -> str:
        return self.host.path(name)

    def write(self, name: str, text: str) -> None:
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "wb") as stream:
            stream.write(text.encode("utf-8", "surrogateescape"))

    def program(self, name: str, text: str = "#!/bin/sh\n") -> None:
        self.write("/usr/sbin/" + name, text)
        os.chmod(self.path("/usr/sbin/" + name), 0o755)

    def remove(self, name: str) -> None:
        os.unlink(self.path(name))

    def read(self, name: str) -> str:
        text = self.host.read(name)
        assert text is not None, name
        return text

    def snapshot(self) -> Dict[str, Tuple[int, bytes]]:
        """Every file with its mode and content, and every directory."""
        found: Dict[str, Tuple[int, bytes]] = {}
        for directory, _directories, files in os.walk(self.root):
            found[directory] = (os.stat(directory).st_mode, b"")
            for name in files:
                path = os.path.join(directory, name)
                with open(path, "rb") as stream:
                    found[path] = (os.stat(path).st_mode, stream.read())
        return found


class Machine(Files):
    """A host with GRUB 2 and its generator. I(family) is grub (update-grub, reads grub.d) or grub2 (grub2-mkconfig)."""

    def __init__(self, root: str, family: str = "grub") -> None:
        super().__init__(root)
        self.family = family
        self.menu = "/boot/{0}/grub.cfg".format(family)
        self.custom = ""
        self.before_generator: Optional[Callable[[], None]] = None
        self.after_generator: Optional[Callable[[], None]] = None
        drop_ins = "${sysconfdir}/default/grub.d/*.cfg" if family == "grub" else "${sysconfdir}/default/grub"
        self.program(family + "-mkconfig", "#!/bin/sh\n# scripts: ${sysconfdir}/grub.d, settings: " + drop_ins + "\n")
        if family == "grub":
            self.program("update-grub", '#!/bin/sh\nexec grub-mkconfig -o /boot/grub/grub.cfg "$@"\n')
        self.write("/etc/grub.d/10_linux", '#!/bin/sh\necho "linux ${GRUB_CMDLINE_LINUX}"\n')
        self.write("/etc/grub.d/40_custom", "#!/bin/sh\nexec tail -n +3 $0\n")
        self.write(SETTINGS, 'GRUB_DEFAULT=0\nGRUB_CMDLINE_LINUX_DEFAULT="quiet"\nGRUB_CMDLINE_LINUX="console=ttyS0"\n')
        self.write("/proc/cmdline", "BOOT_IMAGE=/boot/vmlinuz root=UUID=95d3fad2 ro console=ttyS0 quiet\n")
        self.generate()

    def generate(self) -> None:
        """Write the menu from the settings."""
        script = SOURCING.format(root=self.root, drop_ins="yes" if self.family == "grub" else "no")
        said = subprocess.check_output(["sh", "-c", script]).decode("utf-8", "surrogateescape")
        linux, default, first = said.split("\0")
        self.write(self.menu, menu_text(linux, default, first, self.custom))

    def run(self, argv: List[str], timeout: float) -> CommandResult:
        """The runner of C(host)."""
        self.calls.append((argv, timeout))
        if not os.path.exists(self.path("/usr/sbin/" + argv[0])):
            raise CommandError("Cannot run '{0}': No such file or directory.".format(argv[0]))
        if self.before_generator is not None:
            self.before_generator()
        self.generate()
        if self.after_generator is not None:
            self.after_generator()
        return CommandResult(argv, 0, "", "Generating grub configuration file ...\ndone\n")
