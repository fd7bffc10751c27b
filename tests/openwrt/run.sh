#!/bin/bash
# Hearth as a service in an OpenWrt-like root, with stand-ins for procd, ubus and uci and a simulated
# stick: run.sh HEARTH NCP-SIM. Everything is mounted in a name space of its own; needs root.
set -eu
here=$(cd "$(dirname "$0")"; pwd)
top=$(cd "$here/../.."; pwd)
[ $# -eq 2 ] || { echo "usage: $0 HEARTH NCP-SIM" >&2; exit 2; }
[ "$(id -u)" = 0 ] || {
	sudo -n true 2> /dev/null && exec sudo "$0" "$@"
	echo "skipped: needs root"
	[ -z "${HEARTH_REQUIRE_ALL:-}" ]
	exit
}
hearth=$(realpath "$1") sim=$(realpath "$2")
export hearth sim top here
# The machine's own root lies below: what is written goes to memory and is gone with the name space.
# shellcheck disable=SC2016 # for the inner shell
exec unshare --mount --pid --fork --net --propagation private bash -euc '
	mount -t tmpfs none /mnt
	mkdir /mnt/upper /mnt/work /mnt/root
	mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work /mnt/root
	mount -t proc proc /mnt/root/proc
	mkdir -p /mnt/root/openwrt /mnt/root/stand-ins
	cp -a "$top/openwrt/hearth/files/." "$top/openwrt/hearth-voice/files/." /mnt/root/openwrt/
	cp -a "$here/root/." /mnt/root/stand-ins/
	cp "$here/scenario.sh" /mnt/root/
	cp "$hearth" /mnt/root/usr/bin/hearth
	cp "$sim" /mnt/root/usr/bin/ncp-sim
	exec chroot /mnt/root /bin/bash /scenario.sh
'
