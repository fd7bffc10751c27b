#!/usr/bin/env bash
# Sentences a second, beside Python's hassil in one run: hassil_bench.sh DATA CASES…
#
# DATA is the folder of tests/setup/voice.sh; a Python environment with hassil is made in it once.
set -euo pipefail
data=${1:?usage: hassil_bench.sh DATA CASES…}
shift
here=$(cd "$(dirname "$0")" && pwd)
if [ ! -x "$data/hassil/bin/python" ]; then
  python3 -m venv "$data/hassil"
  "$data/hassil/bin/pip" install --quiet --disable-pip-version-check hassil==3.12.1
fi
cargo run --quiet --profile bench --manifest-path "$here/../../Cargo.toml" -p intents --no-default-features \
  --example timing -- "$data" "$@"
"$data/hassil/bin/python" "$here/hassil_bench.py" "$data" "$@"
