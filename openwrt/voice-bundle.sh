#!/usr/bin/env bash
# Makes speech for routers: voice-bundle.sh TARGET [WORKER]
#
# libvosk exists for glibc only, OpenWrt has musl. So the worker, libvosk and the glibc they need travel together, in
# /usr/lib/hearth-voice: the worker names the loader there as its own and looks for libraries beside itself, which makes
# it an ordinary program that init script and jail can start. Nothing of the router's own libraries is touched.
#
#   TARGET   x86_64-unknown-linux-musl, aarch64-unknown-linux-musl or armv7-unknown-linux-musleabihf: the router's
#   WORKER   hearth-voice built for glibc on that CPU; else what `openwrt/build.sh` left for the -gnu target
#   --fetch  get what the bundle is made of, and no more
#   --router get a C library and a shell as the router has them (musl, busybox) into voice-parts/CPU/router, for the test
#
# The bundle lands in target/openwrt/TARGET/voice. glibc, libstdc++, libgcc and libatomic are Debian's, unchanged, from
# this machine's own package source; libvosk and wake words are those of Python packages. Their licences lie in
# voice-licences.
#
# HEARTH_OPENWRT_OUT   folder for the results (target/openwrt)
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
out=${HEARTH_OPENWRT_OUT:-$root/target/openwrt}
mkdir -p "$out"
out=$(cd "$out" && pwd)
usage="usage: voice-bundle.sh TARGET [WORKER | --fetch | --router]"
target=${1:?$usage}

vosk=0.3.45
# As tests/setup/wake.sh has it.
wake=2.5.0
case "$target" in
  x86_64-*) debian=amd64 wheel=manylinux_2_12_x86_64.manylinux2010_x86_64 glibc=x86_64-unknown-linux-gnu loader=ld-linux-x86-64.so.2 ;;
  aarch64-*) debian=arm64 wheel=manylinux2014_aarch64 glibc=aarch64-unknown-linux-gnu loader=ld-linux-aarch64.so.1 ;;
  armv7-*hf) debian=armhf wheel=linux_armv7l glibc=armv7-unknown-linux-gnueabihf loader=ld-linux-armhf.so.3 ;;
  *) echo "voice-bundle: there is no libvosk for $target; run speech on another machine (voice.socket)" >&2; exit 2 ;;
esac
worker=${2:-$out/$glibc/hearth-voice}
[[ "$worker" = --* ]] || [ -f "$worker" ] || { echo "voice-bundle: no $worker: openwrt/build.sh $glibc" >&2; exit 1; }
"$root/tests/setup/packages.sh" patchelf >&2
command -v readelf >/dev/null || "$root/tests/setup/packages.sh" binutils >&2

place=/usr/lib/hearth-voice
parts=$out/voice-parts/$debian
bundle=$out/$target/voice
mkdir -p "$parts" "$out/$target"

# unpack FOLDER DEBS PACKAGE…: Debian's packages for that CPU, by an apt that knows no other and leaves this machine's own
# state alone.
unpack() {
  local root=$1 debs=$2 apt=$parts/apt deb options
  shift 2
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$debs"
  : >"$apt/status"
  options=(-qq -o "Dir::State=$apt" -o "Dir::State::status=$apt/status" -o "Dir::State::lists=$apt/lists" -o "Dir::Cache=$apt/cache"
    -o "APT::Architecture=$debian" -o "APT::Architectures::=$debian" -o APT::Sandbox::User=root)
  # One index that is just being renewed is no reason to stop: what cannot be had, `download` says.
  apt-get "${options[@]}" update || true
  (cd "$debs" && rm -f ./*.deb && apt-get "${options[@]}" download "$@")
  rm -rf "$root"
  for deb in "$debs"/*.deb; do dpkg-deb -x "$deb" "$root"; done
}

if [ "$worker" = --router ]; then
  [ -e "$parts/router/.complete" ] || { unpack "$parts/router" "$parts/router-debs" musl busybox-static && touch "$parts/router/.complete"; }
  exit 0
fi

packages="libc6 libstdc++6 libgcc-s1 libatomic1"
if [ ! -e "$parts/.complete" ]; then
  # shellcheck disable=SC2086 # several names
  unpack "$parts/root" "$parts/debs" $packages
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
    $(printf -- '--platform %s ' ${wheel//./ }) --dest "$parts" "vosk==$vosk"
  rm -rf "$parts/wheel"
  python3 -m zipfile -e "$parts"/vosk-*.whl "$parts/wheel"
  touch "$parts/.complete"
fi

# Wake words are the same for every CPU; their package has programs, too, so one is named.
if [ "$(cat "$out/voice-parts/wake/.complete" 2>/dev/null)" != "$wake" ]; then
  rm -rf "$out/voice-parts/wake"
  mkdir -p "$out/voice-parts/wake"
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --platform manylinux_2_35_x86_64 \
    --dest "$out/voice-parts/wake" "pymicro-wakeword==$wake"
  python3 -m zipfile -e "$out"/voice-parts/wake/pymicro_wakeword-*.whl "$out/voice-parts/wake/wheel"
  printf '%s\n' "$wake" >"$out/voice-parts/wake/.complete"
fi
words=$out/voice-parts/wake/wheel

[ "$worker" != --fetch ] || exit 0

rm -rf "$bundle"
mkdir -p "$bundle"
take() { # take LIBRARY: Debian's, from wherever it lies
  local from
  from=$(find "$parts/root" -name "$1" \( -type f -o -type l \) | head -n 1)
  [ -n "$from" ] || { echo "voice-bundle: no $1 in Debian's packages" >&2; exit 1; }
  install -m 755 "$(readlink -f "$from")" "$bundle/$1"
}
needed() { readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'; }

install -m 755 "$parts/wheel/vosk/libvosk.so" "$bundle/libvosk.so"
install -m 755 "$worker" "$bundle/hearth-voice"
# The worker looks for wake words beside itself.
mkdir "$bundle/wake"
install -m 644 "$words"/pymicro_wakeword/models/*.tflite "$words"/pymicro_wakeword/models/*.json "$bundle/wake"
take "$loader"
# What anything needs, and what that needs.
todo=("$bundle/hearth-voice" "$bundle/libvosk.so")
while [ ${#todo[@]} -gt 0 ]; do
  file=${todo[0]} todo=("${todo[@]:1}")
  for library in $(needed "$file"); do
    [ -e "$bundle/$library" ] && continue
    take "$library"
    todo+=("$bundle/$library")
  done
done
# Its own loader, and its own libraries, for itself and for what is loaded later. By full name: $ORIGIN needs /proc,
# which a jail need not have.
patchelf --set-interpreter "$place/$loader" --set-rpath "$place" --force-rpath "$bundle/hearth-voice"
# What the service starts; procd logs under this name.
ln -s "$loader" "$bundle/hearth-voice.loader"
# Names nothing at run time; binutils of this machine know this machine's CPU only.
[ "$(uname -m)" != "${target%%-*}" ] || strip --strip-unneeded "$bundle/libvosk.so" "$bundle/hearth-voice"

licences=$out/$target/voice-licences
rm -rf "$licences"
mkdir -p "$licences"
for package in $packages; do
  copyright=$(readlink -f "$parts/root/usr/share/doc/$package/copyright" || true)
  [ -f "$copyright" ] && install -m 644 "$copyright" "$licences/$package.txt"
done
install -m 644 "$words/pymicro_wakeword-$wake.dist-info/licenses/LICENSE" "$licences/wake.txt"
{
  echo "Speech for Hearth: what is in $place, under which licence, and where its source is."
  echo
  echo "hearth-voice   MIT OR Apache-2.0   with the crates in ../hearth-voice.sbom.json.gz"
  echo "libvosk.so     Apache-2.0          Vosk $vosk with Kaldi (Apache-2.0), OpenFst (Apache-2.0), OpenBLAS (BSD-3-Clause)"
  echo "                                   https://github.com/alphacep/vosk-api, tag v$vosk"
  echo "wake/          Apache-2.0          microWakeWord's models by Kevin Ahrendt, as in the Python package pymicro-wakeword $wake"
  echo "                                   https://github.com/OHF-Voice/pymicro-wakeword; text in wake.txt"
  echo
  echo "Unchanged from Debian, replaceable by putting others of the same name in their place:"
  for deb in "$parts"/debs/*.deb; do
    dpkg-deb -W --showformat='${Package} ${Version}, source package ${source:Package} ${source:Version}\n' "$deb"
  done
  echo
  echo "glibc (libc6) is under the LGPL 2.1 or later; libstdc++, libgcc and libatomic are under the GPL 3 with the GCC Runtime"
  echo "Library Exception. Their complete source: https://snapshot.debian.org, by source package and version as above, or"
  echo "'apt-get source NAME=VERSION' on Debian; who passes the bundle on passes this on. Full texts beside this file."
} >"$licences/README.txt"

du -sk "$bundle" | awk -v at="$bundle" '{ printf "%s: %.1f MB\n", at, $1 / 1024 }'
ls -l "$bundle" | awk 'NR > 1 { printf "%10d  %s\n", $5, $9 }'
