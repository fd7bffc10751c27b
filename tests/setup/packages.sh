#!/usr/bin/env bash
# Installs the named programs where they are missing: packages.sh mosquitto chromium chromedriver
set -euo pipefail

package_of() {
  case "$1" in
    msgfmt) echo gettext ;;
    arecord) echo alsa-utils ;;
    chromedriver) echo chromium-driver ;;
    depmod) echo kmod ;;
    ip) echo iproute2 ;;
    pgrep) echo procps ;;
    qemu-system-x86_64) echo qemu-system-x86 ;;
    qemu-*-static) echo qemu-user-static ;;
    *) echo "$1" ;;
  esac
}

have() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ]; }

missing=()
for program in "$@"; do have "$program" || missing+=("$(package_of "$program")"); done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null 2>&1; then
  echo "Please install these packages with your system's package manager: ${missing[*]}" >&2
  exit 1
fi
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
echo "Installing ${missing[*]} with apt-get"
"${as_root[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
