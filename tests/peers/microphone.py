"""A microphone for tests: raw 16 kHz sound in real time. Silence, and every WAV that is put into FOLDER, once.

Usage: microphone.py FOLDER"""

import os
import sys
import time
import wave

CHUNK = 1024
folder = sys.argv[1]
pending = b""
due = time.monotonic()
while True:
    if len(pending) < 2 * CHUNK:
        for name in sorted(os.listdir(folder)):
            if name.endswith(".wav"):
                path = os.path.join(folder, name)
                with wave.open(path) as wav:
                    assert wav.getframerate() == 16000 and wav.getnchannels() == 1
                    pending += wav.readframes(wav.getnframes())
                os.remove(path)
                break
    piece, pending = pending[: 2 * CHUNK], pending[2 * CHUNK :]
    sys.stdout.buffer.write(piece.ljust(2 * CHUNK, b"\0"))
    sys.stdout.buffer.flush()
    due += CHUNK / 16000
    time.sleep(max(0.0, due - time.monotonic()))
