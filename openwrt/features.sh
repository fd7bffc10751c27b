#!/usr/bin/env bash
# Checks that Hearth compiles without what a router may lack: features.sh few|all
set -euo pipefail
cd "$(dirname "$0")/.."

# The features of gateway/Cargo.toml that a router chooses from.
mapfile -t features < <(sed -n 's/^full = \[\(.*\)\]$/\1/p' gateway/Cargo.toml | tr -d '" ' | tr , '\n')
[ ${#features[@]} -ge 3 ] || { echo "no feature \`full\` in gateway/Cargo.toml" >&2; exit 1; }

check() {
  echo "features: ${1:-none}"
  RUSTFLAGS="-D warnings" CARGO_TARGET_DIR=target/features cargo check -q -p gateway --bin hearth --no-default-features --features "$1"
}

case "${1:-}" in
  few)
    check ""
    for feature in "${features[@]}"; do check "$feature"; done
    check mini
    check router
    check full
    ;;
  all)
    for ((set = 0; set < 1 << ${#features[@]}; set++)); do
      chosen=
      for ((bit = 0; bit < ${#features[@]}; bit++)); do
        (((set >> bit & 1) == 0)) || chosen+=${chosen:+,}${features[bit]}
      done
      check "$chosen"
    done
    ;;
  *) echo "features.sh few|all" >&2; exit 2 ;;
esac
