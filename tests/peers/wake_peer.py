"""Asks a Wyoming server for wake words as Home Assistant does, each time over a connection of its own, and prints a
line of JSON for each.

Usage: wake_peer.py PORT WAKE-WAV OTHER-WAV"""

import asyncio
import json
import sys
import wave

from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.info import Describe, Info
from wyoming.wake import Detect, Detection, NotDetected

port = int(sys.argv[1])
HOUR = 3_600_000


def sound(path):
    with wave.open(path) as wav:
        return wav.readframes(wav.getnframes())


wake, other = (sound(path) for path in sys.argv[2:4])
quiet = bytes(32000)


async def describe():
    async with AsyncTcpClient("127.0.0.1", port) as client:
        await client.write_event(Describe().event())
        while True:
            event = await asyncio.wait_for(client.read_event(), 60)
            if Info.is_type(event.type):
                [program] = Info.from_event(event).wake
                models = [model for model in program.models if model.installed]
                names = [model.name for model in models]
                return print(json.dumps({"wake": names, "phrases": [m.phrase for m in models]}), flush=True)


async def detect(names, heard):
    """What comes back for this sound, at twice the speed of life."""
    result = {"detections": [], "not_detected": False, "error": None}
    async with AsyncTcpClient("127.0.0.1", port) as client:
        await client.write_event(Detect(names=names).event())
        await client.write_event(AudioStart(rate=16000, width=2, channels=1).event())

        async def read():
            while (event := await client.read_event()) is not None:
                if Detection.is_type(event.type):
                    detection = Detection.from_event(event)
                    result["detections"].append([detection.name, detection.timestamp])
                elif NotDetected.is_type(event.type):
                    result["not_detected"] = True
                    return
                elif Error.is_type(event.type):
                    result["error"] = Error.from_event(event).text

        reading = asyncio.create_task(read())
        for at in range(0, len(heard), 2048):
            chunk = AudioChunk(
                rate=16000, width=2, channels=1, audio=heard[at : at + 2048], timestamp=HOUR + at // 32
            )
            await client.write_event(chunk.event())
            await asyncio.sleep(1024 / 16000 / 2)
        await client.write_event(AudioStop().event())
        await asyncio.wait([reading], timeout=5)
        reading.cancel()
    print(json.dumps(result), flush=True)


async def main():
    twice = quiet + wake + quiet + other + wake + quiet
    await describe()
    await detect(["okay_nabu"], twice)
    await detect(None, twice)
    await detect(["hey_jarvis"], quiet + wake + quiet)
    await detect(["/etc/okay_nabu.tflite"], quiet)


asyncio.run(main())
