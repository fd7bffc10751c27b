#!/usr/bin/env bash
# Prepares FOLDER/vm for the tests of Bluetooth and sound: a kernel with both and an initramfs with BlueZ, D-Bus and
# alsa-utils, out of Debian's packages, for QEMU without KVM. Nothing is installed on this machine but QEMU and cpio. Usage: vm.sh FOLDER.
# Quick when it is there already. The test adds its own program at each start.
set -euo pipefail
vm=${1:?usage: vm.sh FOLDER}/vm
here=$(cd "$(dirname "$0")" && pwd)
if [ -f "$vm/installed" ] && cmp -s "$0" "$vm/installed"; then
  exit 0
fi
if ! command -v apt-get >/dev/null 2>&1 || [ "$(uname -m)" != x86_64 ]; then
  echo "The BLE machine is put together from Debian's packages for x86_64: run this on Debian or Ubuntu" >&2
  exit 1
fi
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
"$here/packages.sh" qemu-system-x86_64 cpio depmod
# Packages may have moved on since the last look.
"${as_root[@]}" apt-get update -qq

rm -rf "$vm"
mkdir -p "$vm/debs" "$vm/stage" "$vm/root"
vm=$(cd "$vm" && pwd)

# The full kernel: the one for clouds has no Bluetooth.
image=$(apt-cache depends linux-image-amd64 | awk '/Depends: linux-image-/ { print $2; exit }')
kernel=${image#linux-image-}
wanted=(alsa-utils bluez busybox-static dbus-daemon kmod)
needed=$(apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces \
  --no-enhances "${wanted[@]}" | grep -E '^(lib|zlib|dbus-system-bus-common)' | grep -vE 'perl|systemd-shared|cryptsetup|debian-installer' | sort -u)
echo "Downloading $image, BlueZ and D-Bus"
# shellcheck disable=SC2086 # one word a package
(cd "$vm/debs" && apt-get -o APT::Sandbox::User=root -qq download "$image" "${wanted[@]}" $needed)
for package in "$vm"/debs/*.deb; do
  dpkg-deb --fsys-tarfile "$package" | tar -x -C "$vm/stage" --keep-directory-symlink \
    --exclude='./usr/share/doc*' --exclude='./usr/share/man*' --exclude='./usr/share/locale*'
done
rm -rf "$vm/debs"

cd "$vm"
mv "stage/boot/vmlinuz-$kernel" vmlinuz
mkdir -p root/{bin,sbin,etc,proc,sys,dev,run/dbus,tmp,root,var/lib/bluetooth,usr/bin,usr/share,lib/x86_64-linux-gnu,lib64,lib/modules}
ln -s ../run root/var/run

# A program with the libraries it names, all from the packages.
libraries=stage/lib/x86_64-linux-gnu:stage/usr/lib/x86_64-linux-gnu
loader=$(find stage -name 'ld-linux-x86-64.so.2' -type f -o -name 'ld-linux-x86-64.so.2' -type l | head -n 1)
cp -L "$loader" root/lib64/ld-linux-x86-64.so.2
put() {
  local program=$1 place=$2
  cp -L "$program" "root/$place"
  if "$loader" --library-path "$libraries" --list "$program" | grep 'not found'; then
    echo "$program lacks a library" >&2
    exit 1
  fi
  "$loader" --library-path "$libraries" --list "$program" 2>/dev/null | awk '$3 ~ /stage/ { print $3 }' |
    while read -r library; do cp -nL "$library" root/lib/x86_64-linux-gnu/; done
}
found() { find stage -name "$1" \( -type f -o -type l \) -path '*bin*' -o -name "$1" -path '*libexec*' -type f | head -n 1; }
cp -L "$(found busybox)" root/bin/busybox
for applet in sh mount mkdir mknod ip cat; do ln -s busybox "root/bin/$applet"; done
put "$(found kmod)" bin/kmod
ln -s ../bin/kmod root/sbin/modprobe
put "$(found dbus-daemon)" usr/bin/dbus-daemon
put "$(find stage -path '*bluetooth/bluetoothd' -type f | head -n 1)" usr/bin/bluetoothd
cp -a stage/usr/share/dbus-1 root/usr/share/
[ -d stage/etc/dbus-1 ] && cp -a stage/etc/dbus-1 root/etc/
cp -a stage/etc/bluetooth root/etc/
printf 'root:x:0:0::/root:/bin/sh\nmessagebus:x:100:100::/:/bin/false\n' > root/etc/passwd
printf 'root:x:0:\nmessagebus:x:100:\nbluetooth:x:101:\nnetdev:x:102:\n' > root/etc/group
echo 68656172746862656172746862656172 > root/etc/machine-id

# The peer of our own sound.
put "$(found aplay)" usr/bin/aplay
ln -s aplay root/usr/bin/arecord
cp -a stage/usr/share/alsa root/usr/share/

# Only the modules that Bluetooth and sound need.
modules=$(find stage -type d -path "*modules/$kernel" | head -n 1)
base=${modules%/lib/modules/*}
depmod -b "$base" "$kernel"
for module in rfkill ecb cmac ccm ctr aes_generic ecdh_generic af_alg algif_hash algif_skcipher bluetooth hci_vhci snd_pcm snd_aloop; do
  modprobe -d "$base" -S "$kernel" --show-depends "$module" 2>/dev/null | awk '$1 == "insmod" { print $2 }'
done | sort -u | while read -r file; do
  place=root/lib/modules/${file#*lib/modules/}
  mkdir -p "$(dirname "$place")" && cp "$file" "$place"
done
cp "$modules"/modules.{order,builtin,builtin.modinfo} "root/lib/modules/$kernel/"
depmod -b root "$kernel"

# The rest is the test program's.
cat > root/init <<'INIT'
#!/bin/sh
export PATH=/usr/bin:/bin:/sbin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /run
mkdir -p /run/dbus /dev/pts
ip link set lo up
for module in rfkill ecb cmac ecdh_generic af_alg algif_hash algif_skcipher bluetooth hci_vhci snd_aloop; do
  modprobe "$module" || echo "no module $module"
done
# What is not here is not looked for: bluetoothd would wait for it.
echo > /proc/sys/kernel/modprobe
[ -e /dev/vhci ] || mknod /dev/vhci c 10 137
for word in $(cat /proc/cmdline); do
  case $word in program=*) program=${word#program=} ;; esac
done
exec /hearth/ld.so --library-path /hearth/lib "/hearth/${program:-ble-vm}" guest
INIT
chmod +x root/init
(cd root && find . | cpio -o -H newc --quiet -R 0:0) | gzip -6 > initrd.img
rm -rf stage root
cd - >/dev/null
cp "$0" "$vm/installed"
echo "The BLE machine is ready: $vm"
