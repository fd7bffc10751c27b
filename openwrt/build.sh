#!/usr/bin/env bash
# Builds Hearth for routers without OpenWrt's SDK:
#
#   openwrt/build.sh [--features LIST] TARGET...     Rust targets, or `all`: Zigbee, Bluetooth and the page
#   openwrt/build.sh --mini TARGET...                for the smallest routers: Zigbee on MQTT, and no more
#   openwrt/build.sh --full TARGET...                for those with more flash: sentences, speech and TLS, too
#   openwrt/build.sh --ceiling TARGET...             fails when a program is larger than a router affords
#   openwrt/build.sh --units TARGET...               builds and runs the tests of the protocol crates (qemu-user)
#
# …-musl targets give the static program `hearth` (`hearth-mini`, `hearth-full`); …-gnu targets give `hearth-voice` for glibc 2.17 and newer (arm v7: 2.27,
# which libvosk asks for there), which the voice package brings its own glibc for. What is built lies in target/openwrt/TARGET/, its sizes in target/openwrt/sizes.tsv.
#
# The compiler is Debian's rustc-web, whose standard library is built from rust-web-src with the program (so that targets
# without a ready-made one work, and for size); linker and C compiler is zig. Nothing is installed that is already there.
#
# HEARTH_OPENWRT_BUILD   folder for what is built in between and for the tools (target/openwrt-build)
# HEARTH_OPENWRT_OUT     folder for the results (target/openwrt)
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
build=${HEARTH_OPENWRT_BUILD:-$root/target/openwrt-build}
out=${HEARTH_OPENWRT_OUT:-$root/target/openwrt}

# What `all` means. musleabi: arm v7 without an FPU (bcm53xx, mt7629).
ALL=(aarch64-unknown-linux-musl armv7-unknown-linux-musleabihf armv7-unknown-linux-musleabi mipsel-unknown-linux-musl
     mips-unknown-linux-musl x86_64-unknown-linux-musl riscv64gc-unknown-linux-musl)
# No program may become larger, nor what xz makes of it: what routers afford.
MOST_BYTES=3000000
MOST_PACKED=1500000
# Not much more than there is: of the one that is for routers with more flash; and of the usual one where machines have disks
# (x86_64), or instructions are longest and flash compresses (MIPS).
MOST_BYTES_FULL=6000000
MOST_PACKED_FULL=2320000
MOST_BYTES_LONG=4000000

ZIG=0.17.1
ZIGBUILD=0.24.0

usage() { sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2; exit 2; }

features=router
units=
ceiling=
name=hearth
targets=()
while [ $# -gt 0 ]; do
  case "$1" in
    --features) features=${2?--features LIST}; shift ;;
    --units) units=1 ;;
    --ceiling) ceiling=1 ;;
    --mini) name=hearth-mini features=mini ;;
    --full) name=hearth-full features=full ;;
    all) targets+=("${ALL[@]}") ;;
    -*) usage ;;
    *) targets+=("$1") ;;
  esac
  shift
done
[ ${#targets[@]} -gt 0 ] || usage

install_tools() {
  local missing=()
  [ -x /usr/bin/rustc ] || missing+=(rustc-web)
  [ -x /usr/bin/cargo ] || missing+=(cargo-web)
  [ -d "$(/usr/bin/rustc --print sysroot 2>/dev/null)/lib/rustlib/src/rust/library" ] || missing+=(rust-web-src)
  command -v xz >/dev/null || missing+=(xz-utils)
  if [ ${#missing[@]} -gt 0 ]; then
    echo "Installing ${missing[*]} with apt-get"
    local as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    "${as_root[@]}" apt-get -o DPkg::Lock::Timeout=300 update -qq
    DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends \
      "${missing[@]}" >/dev/null
  fi
  if [ ! -e "$build/tools/.zig-$ZIG-$ZIGBUILD" ]; then
    echo "Installing zig $ZIG and cargo-zigbuild $ZIGBUILD from PyPI"
    python3 -m venv "$build/tools"
    "$build/tools/bin/pip" install --quiet "ziglang==$ZIG" "cargo-zigbuild==$ZIGBUILD"
    touch "$build/tools/.zig-$ZIG-$ZIGBUILD"
  fi
}

# The flags of one target, in `flags`.
choose_flags() {
  # zig brings crt1.o and libc: rustc's own are not there, so do not ask for them. Elsewhere rustc has none, and refuses.
  case "$1" in
    *-musl*) flags="-C link-self-contained=no" ;;
    *) flags= ;;
  esac
  case "$1" in
    # At a fixed address: no relocations to keep and to work off. MIPS's static-PIE crashes in the first spawned thread, too.
    *-musl*) flags+=" -C relocation-model=static" ;;
  esac
  [ -z "$units" ] || return 0
  case "$1" in
    # Thumb-2: every ARMv7-A has it, and it is a quarter smaller.
    armv7-*) flags+=" -C target-feature=+thumb-mode" ;;
  esac
  # Repeated instructions are shared, where LLVM can do that for the CPU: 5 % of the code.
  case "$1" in
    mips*) ;;
    *) flags+=" -C llvm-args=-enable-machine-outliner=always" ;;
  esac
  # Nothing unwinds: the tables for it would be a seventh of the program.
  flags+=" -C force-unwind-tables=no"
  # What is thrown away: the places of panics, and their messages (a panic is a crash, and procd starts anew); the fields
  # of what is printed for programmers. Nothing that is said to users is printed so.
  flags+=" -Zlocation-detail=none -Zfmt-debug=shallow -Zunstable-options -Cpanic=immediate-abort"
  flags+=" ${HEARTH_OPENWRT_RUSTFLAGS:-}"
}

# Builds for one target into $build, and copies what came of it.
build_one() {
  local target=$1 flags cargo_target=$1 program=hearth
  local arguments=(-p gateway --bin hearth --no-default-features --features "$features")
  choose_flags "$target"
  case "$target" in
    *-gnu|*-gnueabihf)
      program=hearth-voice
      case "$target" in
        armv7-*) cargo_target="$target.2.27" ;;
        *) cargo_target="$target.2.17" ;;
      esac
      arguments=(-p intents --bin hearth-voice --no-default-features --features worker)
      ;;
  esac
  echo "Building $program for $target"
  (
    cd "$root"
    export RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$build" RUSTFLAGS="$flags"
    # C has no tables for unwinding either.
    export CFLAGS="-fno-asynchronous-unwind-tables -fno-unwind-tables -ffunction-sections -fdata-sections"
    export PATH="$build/tools/bin:/usr/bin:$PATH"
    unset RUSTUP_TOOLCHAIN
    "$build/tools/bin/cargo-zigbuild" zigbuild --locked --release -Zbuild-std=std,panic_abort \
      -Zbuild-std-features=optimize_for_size --target "$cargo_target" "${arguments[@]}"
  )
  mkdir -p "$out/$target"
  [ "$program" = hearth ] || local name=$program
  install -m 755 "$build/$target/release/$program" "$out/$target/$name.new"
  [ "$program" != hearth ] || without_sections "$out/$target/$name.new"
  if cmp -s "$out/$target/$name.new" "$out/$target/$name"; then
    rm "$out/$target/$name.new"
  else
    mv "$out/$target/$name.new" "$out/$target/$name"
  fi
}

# Cuts off what follows what is loaded: no kernel asks for sections. On MIPS half a megabyte describes procedures to debuggers.
without_sections() {
  python3 - "$1" <<'PYTHON'
import struct, sys

with open(sys.argv[1], "r+b") as file:
    elf = file.read()
    wide, order = elf[4] == 2, "<" if elf[5] == 1 else ">"
    begin, size, number = (32, 56, 56) if wide else (28, 32, 44)
    at = struct.unpack_from(order + ("Q" if wide else "I"), elf, begin)[0]
    entry, count = struct.unpack_from(order + "HH", elf, number - 2)
    end = at + entry * count
    for i in range(count):
        head = at + entry * i
        offset, length = (
            (struct.unpack_from(order + "Q", elf, head + 8)[0], struct.unpack_from(order + "Q", elf, head + 32)[0])
            if wide
            else (struct.unpack_from(order + "I", elf, head + 4)[0], struct.unpack_from(order + "I", elf, head + 16)[0])
        )
        end = max(end, offset + length)
    elf = bytearray(elf[:end])
    # Where sections are described, how many there are, and which has their names.
    struct.pack_into(order + ("Q" if wide else "I"), elf, 40 if wide else 32, 0)
    struct.pack_into(order + "HH", elf, 60 if wide else 48, 0, 0)
    file.seek(0)
    file.write(elf)
    file.truncate()
PYTHON
}

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

# What cannot be tried under qemu-user: it knows no TCGETS2, by which ttys are opened, and tells MIPS the host's number for a
# connection that was refused.
UNTRIED=(serial::open::tests::a_named_stick serial::open::tests::a_tty serial::open::tests::auto_opens
         serial::open::tests::a_network_bridge serial::probe::tests::the_speed serial::probe::tests::wrong_settings)

# The protocol crates' own tests, on the target's CPU. Nobody measures them: without optimizing, which takes longer than they run.
test_one() {
  local target=$1 flags runner variable skipped=()
  choose_flags "$target"
  runner=$(emulator "$target")
  [ -z "$runner" ] || "$root/tests/setup/packages.sh" "$runner"
  variable=CARGO_TARGET_$(echo "$target" | tr a-z- A-Z_)_RUNNER
  echo "Testing the protocol crates for $target${runner:+ under $runner}"
  (
    cd "$root"
    export RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$build" RUSTFLAGS="$flags"
    export PATH="$build/tools/bin:/usr/bin:$PATH"
    if [ -n "$runner" ]; then
      export "$variable=$runner"
      skipped=("${UNTRIED[@]/#/--skip=}")
    fi
    unset RUSTUP_TOOLCHAIN
    "$build/tools/bin/cargo-zigbuild" test --locked --profile router-test -Zbuild-std --target "$target" \
      -p radios -p intents --lib --no-default-features --features intents/client --no-fail-fast -- "${skipped[@]}"
  )
}

# One line for every program in $out: target, program, bytes, as gzip -9 and xz -9 make them.
write_sizes() {
  local file
  {
    printf 'target\tprogram\tbytes\tgzip\txz\n'
    for file in "$out"/*/hearth "$out"/*/hearth-mini "$out"/*/hearth-full "$out"/*/hearth-voice; do
      [ -f "$file" ] || continue
      printf '%s\t%s\t%s\t%s\t%s\n' "$(basename "$(dirname "$file")")" "$(basename "$file")" \
        "$(stat -c %s "$file")" "$(gzip -9nc "$file" | wc -c)" "$(xz -9ec "$file" | wc -c)"
    done
  } > "$out/sizes.tsv"
  column -t "$out/sizes.tsv" 2>/dev/null || cat "$out/sizes.tsv"
}

# Fails when what was built for a target is larger than the ceiling.
hold_to_ceiling() {
  local bytes=$MOST_BYTES packed=$MOST_PACKED
  case "$name:$1" in
    hearth-full:*) bytes=$MOST_BYTES_FULL packed=$MOST_PACKED_FULL ;;
    hearth:x86_64-*|hearth:mips*) bytes=$MOST_BYTES_LONG ;;
  esac
  awk -v target="$1" -v program="$name" -v bytes="$bytes" -v packed="$packed" -F'\t' '
    $1 == target && $2 == program {
      seen = 1
      if ($3 > bytes || $5 > packed) {
        print target ", " program ": " $3 " bytes, " $5 " packed: more than " bytes ", " packed
        bad = 1
      }
    }
    END { exit bad || !seen }' "$out/sizes.tsv" >&2
}

mkdir -p "$build" "$out"
install_tools
if [ -n "$units" ]; then
  for target in "${targets[@]}"; do test_one "$target"; done
  exit
fi
for target in "${targets[@]}"; do build_one "$target"; done
write_sizes
[ -z "$ceiling" ] || for target in "${targets[@]}"; do hold_to_ceiling "$target"; done
