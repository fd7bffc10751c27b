"""What pymicro-features and pymicro-wakeword make of recordings, a line of JSON for each.

usage: wake_words.py WAV...
    {"features": [[40 integers] for each 10 ms], "models": {name: {"answers": [0..255], "heard": [frame]}}}
"""

import json
import sys
import wave
from pathlib import Path

import numpy as np
import pymicro_wakeword
from pymicro_features import MicroFrontend
from pymicro_wakeword import MicroWakeWord

UNIT = 0.0390625
CHUNK = 320


def frames(path):
    with wave.open(path) as wav:
        sound = wav.readframes(wav.getnframes())
    frontend = MicroFrontend()
    for at in range(0, len(sound) - CHUNK + 1, CHUNK):
        features = frontend.process_samples(sound[at : at + CHUNK]).features
        if features:
            yield features


def hear(description, features):
    model = MicroWakeWord.from_config(description)
    answers, heard = [], []
    for number, frame in enumerate(features):
        full = len(model._features) + 1 == model.stride
        said = model.process_streaming(np.array(frame).reshape((1, 1, len(frame))))
        if full:
            answers.append(round(model._probabilities[-1] / model.output_scale))
        if full and said:
            heard.append(number)
    return {"answers": answers, "heard": heard}


models = Path(pymicro_wakeword.__file__).parent / "models"
for path in sys.argv[1:]:
    features = list(frames(path))
    told = {
        description.stem: hear(description, features)
        for description in sorted(models.glob("*.json"))
    }
    print(json.dumps({"features": [[round(x / UNIT) for x in f] for f in features], "models": told}))
