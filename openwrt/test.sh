#!/usr/bin/env bash
# Runs what openwrt/build.sh built, foreign CPUs under qemu-user:
#
#   openwrt/test.sh [TARGET...]     those in target/openwrt unless given
#
# Each `hearth`, `hearth-mini` and `hearth-full` goes through the house's test: a real broker, the simulated dongle, a lamp that joins and is switched in
# every way. `build.sh --units` is for the tests of the protocol crates.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
out=${HEARTH_OPENWRT_OUT:-$root/target/openwrt}

targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  for folder in "$out"/*-musl*; do targets+=("$(basename "$folder")"); done
fi

# The emulator of a target; empty for this machine's own CPU.
emulator() {
  local cpu=${1%%-*}
  case "$cpu" in
    "$(uname -m)") ;;
    armv7) echo qemu-arm-static ;;
    riscv64gc) echo qemu-riscv64-static ;;
    *) echo "qemu-$cpu-static" ;;
  esac
}

for target in "${targets[@]}"; do
  emulator=$(emulator "$target")
  [ -z "$emulator" ] || "$root/tests/setup/packages.sh" "$emulator"
  tested=
  for program in hearth hearth-mini hearth-full; do
    [ -f "$out/$target/$program" ] || continue
    tested=1
    echo "== $program for $target${emulator:+ under $emulator}"
    (cd "$root" && HEARTH_PROGRAM="$emulator $out/$target/$program" cargo test -q -p tests --test four_ways -- each_way sensors)
  done
  [ -n "$tested" ] || { echo "nothing built for $target: make openwrt TARGET=$target" >&2; exit 1; }
done
