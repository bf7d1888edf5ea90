#!/usr/bin/env bash
# A virtual machine from a distribution's cloud image: cloud-host.sh IMAGE_URL CHECKSUMS_URL DIRECTORY
# The image must have the checksum that the distribution publishes now. DIRECTORY gets the machine's disk, its serial log and
# inventory.ini, with the machine "host1" in the group "lab". Needs KVM, qemu-system-x86, qemu-utils and cloud-image-utils.
set -euo pipefail

image=$1
checksums=$2
directory=$3
port=2222
name=${image##*/}

mkdir -p "$directory"
cd "$directory"
directory=$PWD
curl --fail --silent --show-error --location --retry 5 --output "$name" "$image"
curl --fail --silent --show-error --location --retry 5 --output checksums "$checksums"
# Both forms of checksum files name the image; without a line for it this fails.
grep -F -w -e "$name" checksums >checksum
sha256sum --check --strict <(grep -E '^(SHA256 \(|[0-9a-f]{64} )' checksum)

ssh-keygen -q -t ed25519 -N '' -f key
cat >user-data <<DATA
#cloud-config
disable_root: false
users:
  - name: root
    ssh_authorized_keys: ["$(cat key.pub)"]
DATA
printf 'instance-id: host1\nlocal-hostname: host1\n' >meta-data
cloud-localds seed.img user-data meta-data
qemu-img create -q -f qcow2 -F qcow2 -b "$name" disk.qcow2 20G
qemu-system-x86_64 -machine q35 -accel kvm -cpu host -m 4096 -smp 2 -display none -daemonize -pidfile pid \
    -serial file:serial.log -drive file=disk.qcow2,if=virtio -drive file=seed.img,if=virtio,format=raw \
    -nic "user,model=virtio-net-pci,hostfwd=tcp:127.0.0.1:$port-:22"

options="-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
cat >inventory.ini <<INVENTORY
[lab]
host1 ansible_host=127.0.0.1 ansible_port=$port ansible_user=root

[lab:vars]
ansible_ssh_private_key_file=$directory/key
ansible_ssh_common_args='$options'
INVENTORY

for _ in {1..60}; do
    # shellcheck disable=SC2086  # several words
    if ssh $options -o ConnectTimeout=5 -i key -p "$port" root@127.0.0.1 true 2>/dev/null; then
        exit 0
    fi
    sleep 5
done
echo "host1 does not answer after five minutes; the end of its serial log:" >&2
tail -n 50 serial.log >&2
exit 1
