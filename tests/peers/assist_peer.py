"""Does with a Wyoming server what Home Assistant's Assist does with one, each over a connection of its own, and
prints a line of JSON for each thing that came back.

Usage: assist_peer.py PORT WAV SENTENCE OTHER-SENTENCE"""

import asyncio
import json
import sys
import wave

from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.handle import Handled, NotHandled
from wyoming.info import Describe, Info, SelectProgram
from wyoming.intent import Intent, IntentsStart, IntentsStop, NotRecognized, Recognize
from wyoming.ping import Ping, Pong

port, wav, sentence, other = int(sys.argv[1]), *sys.argv[2:5]


def tell(what, **more):
    print(json.dumps({"what": what, **more}, ensure_ascii=False), flush=True)


def call():
    return AsyncTcpClient("127.0.0.1", port)


async def until(client, *kinds):
    """The next event of one of these kinds, understood by the package itself."""
    while True:
        event = await asyncio.wait_for(client.read_event(), 60)
        assert event is not None, "the connection was closed"
        for kind in kinds:
            if kind.is_type(event.type):
                return kind.from_event(event)


async def describe():
    async with call() as client:
        await client.write_event(Describe().event())
        info = await until(client, Info)
        tell(
            "info",
            asr=[(p.name, p.requires_external_vad, [m.languages for m in p.models]) for p in info.asr],
            intent=[[m.languages for m in p.models] for p in info.intent],
            handle=[(p.supports_home_control, [m.languages for m in p.models]) for p in info.handle],
        )
        await client.write_event(Ping(text="there?").event())
        tell("pong", text=(await until(client, Pong)).text)


async def transcribe(stop, speed):
    """Speech to text; with `stop` the caller ends the command, without it the server hears the silence."""
    async with call() as client:
        await client.write_event(SelectProgram(name="hearth").event())
        await client.write_event(Transcribe(language="ko").event())
        await client.write_event(AudioStart(rate=16000, width=2, channels=1).event())
        with wave.open(wav) as file:
            sound = file.readframes(file.getnframes())
        if not stop:
            sound += bytes(32000 * 2)
        for at in range(0, len(sound), 2048):
            chunk = AudioChunk(rate=16000, width=2, channels=1, audio=sound[at : at + 2048])
            await client.write_event(chunk.event())
            await asyncio.sleep(1024 / 16000 / speed)
        if stop:
            await client.write_event(AudioStop().event())
        tell("transcript", stop=stop, text=(await until(client, Transcript)).text)


async def recognize(text):
    async with call() as client:
        await client.write_event(Recognize(text=text, context={"x": 1}).event())
        intents, several = [], False
        while True:
            came = await until(client, Intent, IntentsStart, IntentsStop, NotRecognized)
            if isinstance(came, NotRecognized):
                return tell("not-recognized", text=came.text)
            if isinstance(came, Intent):
                intents.append([came.name, {entity.name: entity.value for entity in came.entities}])
            several = several or isinstance(came, IntentsStart)
            if isinstance(came, IntentsStop) or (intents and not several):
                return tell("intents", intents=intents)


async def handle(text):
    async with call() as client:
        context = {"conversation_id": "01"}
        await client.write_event(Transcript(text=text, context=context, language="ko").event())
        came = await until(client, Handled, NotHandled)
        tell("handled" if isinstance(came, Handled) else "not-handled", text=came.text, context=came.context)


async def main():
    await describe()
    await transcribe(stop=True, speed=4)
    await transcribe(stop=False, speed=2)
    await recognize(sentence)
    await recognize("nothing of the kind")
    await handle(other)
    await handle("nothing of the kind")


asyncio.run(main())
