#!/usr/bin/env bash
# Sentences beside Python's hassil in one run, in a home of 60 devices: hassil_bench.sh DATA [CASES…]
#
# DATA is the folder of tests/setup/voice.sh; a Python environment with hassil is made in it once. Without CASES,
# sentences of four languages are drawn from the community's templates, the same each time.
set -euo pipefail
data=${1:?usage: hassil_bench.sh DATA [CASES…]}
shift
here=$(cd "$(dirname "$0")" && pwd)
python="$data/hassil/bin/python"
if [ ! -x "$python" ]; then
  python3 -m venv "$data/hassil"
  "$data/hassil/bin/pip" install --quiet --disable-pip-version-check hassil==3.12.1
fi
if [ $# -eq 0 ]; then
  "$python" "$here/hassil_bench.py" make "$data" "$data/hassil/cases.jsonl"
  set -- "$data/hassil/cases.jsonl"
fi
cargo build --quiet --profile bench --manifest-path "$here/../../Cargo.toml" -p intents --no-default-features \
  --features sentences \
  --example timing
"$python" "$here/hassil_bench.py" run "$data" "${CARGO_TARGET_DIR:-$here/../../target}/release/examples/timing" "$@"
