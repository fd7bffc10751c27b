"""A text-to-speech server made with the `wyoming` package: every text is 0.3 s of one tone. Prints each text.

Usage: tts_peer.py PORT"""

import array
import asyncio
import math
import sys
from functools import partial

from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.event import Event
from wyoming.server import AsyncEventHandler, AsyncServer
from wyoming.tts import Synthesize

RATE = 22050
TONE = array.array("h", (int(12000 * math.sin(i * 0.3)) for i in range(RATE * 3 // 10))).tobytes()


class Handler(AsyncEventHandler):
    async def handle_event(self, event: Event) -> bool:
        if Synthesize.is_type(event.type):
            wish = Synthesize.from_event(event)
            language = wish.voice.language if wish.voice else None
            print(f"{language}: {wish.text}", flush=True)
            await self.write_event(AudioStart(rate=RATE, width=2, channels=1).event())
            for at in range(0, len(TONE), 2048):
                chunk = AudioChunk(rate=RATE, width=2, channels=1, audio=TONE[at : at + 2048])
                await self.write_event(chunk.event())
            await self.write_event(AudioStop().event())
        return True


asyncio.run(AsyncServer.from_uri(f"tcp://127.0.0.1:{sys.argv[1]}").run(partial(Handler)))
