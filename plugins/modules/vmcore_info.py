#!/usr/bin/python
# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module vmcore_info."""

DOCUMENTATION = r"""
module: vmcore_info
short_description: The crash dumps below some paths, whether they are complete, and why the kernels crashed
version_added: 0.1.0
author:
  - The kdump.fleet authors (@kdump-fleet)
description:
  - Lists the dumps (vmcores) below one or more paths, on the host that crashed or on a dump server. For each, whose it
    is, when and why the kernel crashed, how big it is, and whether it is complete.
  - It knows the directories of kdumpctl (also of C(kdumpctl test)), kdump-tools and SUSE's kdump, files directly in a
    path, and one level of directories per host above. What is a dump is decided by the first bytes of a file, not by
    its name.
  - Headers are read, and a bounded part of what follows, so that a dump of any size takes little time and the same
    memory.
  - The message and the signature of a crash come from the kernel log (dmesg) that is saved beside a dump. Of a log
    above 2 MiB, the first and the last MiB are read.
  - What cannot be looked at is not a failure of the module; it is listed in RV(unreadable) with the reason.
notes:
  - A dump is complete (RV(vmcores[].complete)) when nothing says that it is not. What is looked at depends on its
    format.
  - In any format, the name that the capture script gives to a dump until it is written (C(vmcore-incomplete),
    C(dump-incomplete), C(*.part)); C(README.txt) of SUSE; C(vmcore-creation.status) of C(kdumpctl test); and whether
    the file changes while it is looked at.
  - Compressed (the usual format of makedumpfile), that makedumpfile did not mark it as incomplete, that its table of
    pages is as long as it was meant to be, agrees with the map of pages and was written to its last entry, that the
    last page lies within the file, and that the data of the last four pages and of 28 from all of the dump are not
    zeros and, compressed with zlib, can be unpacked. A map longer than 64 MiB, as of a host with more than 2 TiB of
    memory, is not counted.
  - Flattened (over ssh, and always with kdump-tools and SUSE's kdump), that the end mark is there, which makedumpfile
    writes only when all went well. The first 4096 records have to add up. When those are all, which is so up to about
    130 MB, the dump inside is judged as well.
  - ELF, that makedumpfile did not mark it as incomplete, and that all segments lie within the file.
  - Packed as a whole (C(KDUMP_COMPRESSION) of kdump-tools), that it can be unpacked and ends with the end mark. This
    takes time, and is done with gzip, bzip2 and xz, up to 256 MiB. Of a bigger dump, or one packed with lz4, it
    cannot be determined whether it is complete.
  - The data of other pages is not checked.
options:
  paths:
    description:
      - Absolute paths to look below, five levels of directories deep. A path may also be a dump itself.
      - A path that does not exist holds no dump.
      - A path may be a symbolic link. Links below it are not followed.
    type: list
    elements: path
    default: [/var/crash]
  newer_than:
    description:
      - Only dumps of crashes at most so long ago. Seconds, or a number with V(s), V(m), V(h), V(d) or V(w), as V(1d).
      - The time of the crash counts, as the dump says it, and not when the file was written.
    type: str
  mark:
    description:
      - A text that is looked for in the kernel log beside each dump; RV(vmcores[].marked) says whether it is there.
      - What was written to C(/dev/kmsg) before a crash distinguishes the dump of that crash from all others.
    type: str
extends_documentation_fragment:
  - kdump.fleet.attributes
  - kdump.fleet.attributes.reads_only
attributes:
  check_mode:
    description: Reads only, and so does the same in check mode.
    support: full
seealso:
  - module: kdump.fleet.kdump_info
"""

EXAMPLES = r"""
- name: Did this host crash within the last day?
  kdump.fleet.vmcore_info:
    newer_than: 1d
  register: crashes

- name: Say so
  ansible.builtin.debug:
    msg: "{{ item.time }} {{ item.kernel }} {{ item.panic }} {{ item.incomplete_reason | default('complete', true) }}"
  loop: "{{ crashes.vmcores }}"
  loop_control:
    label: "{{ item.path }}"

- name: List the dumps of all hosts on a dump server
  kdump.fleet.vmcore_info:
    paths: [/srv/kdump]
  register: dumps

- name: Name the hosts that crashed of the same cause as the newest dump
  ansible.builtin.debug:
    msg: "{{ dumps.vmcores | selectattr('signature', 'eq', dumps.newest.signature) | map(attribute='host') | unique }}"
  when: dumps.count > 0
"""

RETURN = r"""
vmcores:
  description: The dumps, oldest first.
  type: list
  elements: dict
  returned: success
  contains:
    path:
      description: The file. Bytes of its name that are not UTF-8 stand as C(\xff).
      type: str
      returned: success
      sample: /var/crash/202611221828/dump.202611221828
    directory:
      description: The directory that the file is in.
      type: str
      returned: success
      sample: /var/crash/202611221828
    host:
      description:
        - Whose dump it is. The name of a directory for one host, the name in that of the dump's directory, or the
          host's own name. An address only when there is no name. Null when nothing says.
      type: str
      returned: success
      sample: web1.example.com
    time:
      description: When the kernel crashed, as ISO 8601 in UTC. When the dump does not say, when the file was written.
      type: str
      returned: success
      sample: "2026-11-22T18:28:14Z"
    kernel:
      description: The release of the kernel that crashed. Null when it could not be read.
      type: str
      returned: success
      sample: 6.12.107+deb13-cloud-amd64
    nodename:
      description: The host name that the kernel had. Null when the dump does not hold it, as ELF does not.
      type: str
      returned: success
      sample: web1
    size_bytes:
      description: The size of the file in bytes.
      type: int
      returned: success
      sample: 93975628
    disk_bytes:
      description: The bytes that the file takes on the disk. Less than RV(vmcores[].size_bytes) when it has holes.
      type: int
      returned: success
      sample: 93978624
    format:
      description: >-
        The format of the dump. One of V(compressed), V(flattened), V(elf) and V(unknown), of a packed dump that of what
        is inside.
      type: str
      returned: success
      sample: flattened
    flattened_content:
      description: The format inside a flattened dump, V(compressed) or V(elf). Null for others.
      type: str
      returned: success
      sample: compressed
    packed:
      description: >-
        The program that the dump was packed with as a whole, one of V(gzip), V(bzip2), V(xz), V(lz4) and V(zstd). Null
        when it was not, whatever makedumpfile compressed inside.
      type: str
      returned: success
      sample: gzip
    complete:
      description:
        - Whether the dump is complete. Null when that cannot be determined, because the disk failed, because it would
          take too much, or because this Python cannot unpack it. The notes say what is looked at.
      type: bool
      returned: success
      sample: false
    incomplete_reason:
      description: Why the dump is not complete, or why that cannot be determined. Null when it is complete.
      type: str
      returned: success
      sample: >-
        It is incomplete and ends at byte 65536, with no end mark: makedumpfile or the transfer was stopped, or the
        target ran out of space.
    limits:
      description:
        - What was not looked at, because it would take too much time or memory. Empty when nothing was left out.
        - Of one file at most 131072 places, 320 MiB, 16384 notes of ELF and 4096 records of the flattened format are
          read, for at most 60 seconds; of a packed one at most 256 MiB are unpacked, with at most 72 MiB of memory for
          xz; of a log at most 2 MiB and 100000 lines. The search goes on with the next file.
      type: list
      elements: str
      returned: success
      sample: []
    dmesg:
      description: The file with the kernel's log. Null when there is none.
      type: str
      returned: success
      sample: /var/crash/202611221828/dmesg.202611221828
    panic:
      description: >-
        The line of the log that says why the kernel crashed. Of several, the first of the same crash, since a general
        one often follows. Null when the log does not say, or there is none.
      type: str
      returned: success
      sample: "Kernel panic - not syncing: sysrq triggered crash"
    signature:
      description: >-
        16 hexadecimal digits that are the same for the same cause of a crash, on any host and build of a kernel. They
        are made from the kind of crash and the functions that were running. Null when RV(vmcores[].panic) is.
      type: str
      returned: success
      sample: 237bf7d6164ee02b
    marked:
      description: Whether the log has the text of O(mark). Null without that option, and when there is no log to read.
      type: bool
      returned: success
      sample: true
    error:
      description: Why the header could not be read. Null when it could.
      type: str
      returned: success
      sample: "It begins with zeros: its space was reserved, but its data was never written."
  sample:
    - path: /var/crash/202611221828/dump.202611221828
      directory: /var/crash/202611221828
      host: web1
      time: "2026-11-22T18:28:14Z"
      kernel: 6.12.107+deb13-cloud-amd64
      nodename: web1
      size_bytes: 93975628
      disk_bytes: 93978624
      format: flattened
      flattened_content: compressed
      packed: null
      complete: true
      incomplete_reason: null
      limits: []
      dmesg: /var/crash/202611221828/dmesg.202611221828
      panic: "Kernel panic - not syncing: sysrq triggered crash"
      signature: 237bf7d6164ee02b
      marked: null
      error: null
count:
  description: How many dumps there are in RV(vmcores).
  type: int
  returned: success
  sample: 1
newest:
  description: The dump of the latest crash, as in RV(vmcores). Null when there is none.
  type: dict
  returned: success
  sample:
    path: /var/crash/202611221828/dump.202611221828
    time: "2026-11-22T18:28:14Z"
    complete: true
unreadable:
  description: >-
    What could not be looked at. Missing paths, files and directories without permission, links that lead out of a path,
    and directories in which a crash left its log but no dump.
  type: list
  elements: dict
  returned: success
  contains:
    path:
      description: The path.
      type: str
      returned: success
      sample: /var/crash
    reason:
      description: Why it could not be looked at.
      type: str
      returned: success
      sample: "It does not exist: no dump has been written there yet, or the path is another."
  sample:
    - path: /var/crash
      reason: "It does not exist: no dump has been written there yet, or the path is another."
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kdump.fleet.plugins.module_utils.host.errors import clear_errors
from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import Host
from ansible_collections.kdump.fleet.plugins.module_utils.vmcore import inventory


def main() -> None:
    """Answer with the dumps below the paths."""
    module = AnsibleModule(
        argument_spec=dict(
            paths=dict(type="list", elements="path", default=["/var/crash"]),
            newer_than=dict(type="str"),
            mark=dict(type="str"),
        ),
        supports_check_mode=True,
    )
    with clear_errors(module):
        asked = {name: module.params[name] for name in ("paths", "newer_than", "mark")}
        module.exit_json(changed=False, **inventory.find(Host(), **asked))


if __name__ == "__main__":
    main()
