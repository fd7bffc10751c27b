#!/usr/bin/env bash
# Puts wake words into a folder: wake.sh DATA
#
#   DATA/wake/models/   microWakeWord's models, from the Python package `pymicro-wakeword` (Apache-2.0)
#   DATA/wake/venv/     that package itself, with TensorFlow Lite's library: what ours is compared with
#
# All come from PyPI by name and version.
set -euo pipefail
data=${1:?usage: wake.sh DATA}
mkdir -p "$data/wake"
data=$(cd "$data" && pwd)/wake
wanted="pymicro-wakeword==2.5.0 pymicro-features==2.0.2"
[ "$(cat "$data/installed" 2>/dev/null)" = "$wanted" ] && exit 0

rm -f "$data/installed"
[ -x "$data/venv/bin/python" ] || python3 -m venv "$data/venv"
# shellcheck disable=SC2086 # two words
"$data/venv/bin/python" -m pip install --quiet --disable-pip-version-check $wanted
models=$("$data/venv/bin/python" -c 'import pathlib, pymicro_wakeword as p; print(pathlib.Path(p.__file__).parent / "models")')
rm -rf "$data/models"
mkdir "$data/models"
cp "$models"/*.tflite "$models"/*.json "$data/models"
printf '%s\n' "$wanted" >"$data/installed"
