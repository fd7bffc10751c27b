#!/usr/bin/env bash
# Installs the peers into FOLDER/peers: other people's EZSP hosts, which the simulated NCP has to convince, and
# other people's decoders of BLE adverts, to compare ours with; and Wyoming's own programs: `wyoming-satellite` wants a
# `wyoming` of its own.
# Usage: peers.sh FOLDER. Versions are pinned in tests/peers; quick when they are there already.
set -euo pipefail
here=$(cd "$(dirname "$0")/../peers" && pwd)
data=${1:?usage: peers.sh FOLDER}/peers
wanted=$(cat "$here/requirements.txt" "$here/satellite.txt" "$here/package.json")
stamp=$data/installed
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
  exit 0
fi

mkdir -p "$data/node"
rm -f "$stamp"
if [ ! -x "$data/venv/bin/python" ]; then
  python3 -m venv "$data/venv"
fi
"$data/venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$here/requirements.txt"
if [ ! -x "$data/satellite/bin/python" ]; then
  python3 -m venv "$data/satellite"
fi
"$data/satellite/bin/python" -m pip install --quiet --disable-pip-version-check -r "$here/satellite.txt"
# The package `node` carries the Node.js that herdsman wants (22 or later): any Node with npm will do to fetch it.
cp "$here/package.json" "$data/node/package.json"
(cd "$data/node" && npm install --no-audit --no-fund --no-package-lock --loglevel=error)
"$data/venv/bin/python" -c 'import bellows, zigpy, xiaomi_ble, bthome_ble, TheengsDecoder, wyoming'
"$data/satellite/bin/python" -c 'import wyoming_satellite'
(cd "$data/node" && ./node_modules/.bin/node -e 'require("zigbee-herdsman")')
printf '%s\n' "$wanted" > "$stamp"
