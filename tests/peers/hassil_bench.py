#!/usr/bin/env python3
"""Times Python's hassil on the sentences that `intents/examples/timing.rs` timed, in the same home: hassil_bench.py DATA CASES…

DATA/intents holds the community's sentences (tests/setup/voice.sh), CASES are files as `cases intents`
reads them. Prints a line a language like the bench beside it: median and 99th percentile for what was
recognised and for what was not, in milliseconds, and what loading took. Needs hassil 3.12.1 in the Python that runs it.
"""
import gzip
import json
import sys
import time
from pathlib import Path

from hassil import Intents, recognize_best
from hassil.intents import TextSlotList


def lists(home):
    def values(kind):
        return [
            (name, name, {"domain": thing.get("domain") or thing.get("id", ".").split(".")[0]} if kind == "entities" else None)
            for thing in home.get(kind, [])
            for name in [thing["name"], *thing.get("aliases", [])]
        ]

    return {
        slot: TextSlotList.from_tuples(values(kind), allow_template=True, name=slot)
        for slot, kind in (("name", "entities"), ("area", "areas"), ("floor", "floors"))
    }


def quantile(times, q):
    times = sorted(times)
    return times[min(len(times) - 1, int(len(times) * q))] if times else 0.0


def main():
    data = Path(sys.argv[1])
    for path in sys.argv[2:]:
        opener = gzip.open if path.endswith(".gz") else open
        with opener(path, "rt", encoding="utf-8") as lines:
            intents, slots, language, known, unknown, load = None, {}, "", [], [], 0.0

            def report():
                if language and known:
                    print(
                        f"hassil {language}: known {quantile(known, .5):.3f} / {quantile(known, .99):.3f} ms, "
                        f"unknown {quantile(unknown, .5):.3f} / {quantile(unknown, .99):.3f} ms, load {load:.0f} ms"
                    )

            for line in lines:
                case = json.loads(line)
                if "language" in case and case["language"] == language:
                    slots = lists(case["home"])
                    continue
                if "language" in case:
                    report()
                    language, known, unknown = case["language"], [], []
                    start = time.perf_counter()
                    with open(data / "intents" / f"{language}.json", encoding="utf-8") as file:
                        intents = Intents.from_dict(json.load(file))
                    load = (time.perf_counter() - start) * 1000
                    slots = lists(case["home"])
                    continue
                start = time.perf_counter()
                found = recognize_best(
                    case["text"],
                    intents,
                    slot_lists=slots,
                    intent_context=case.get("context") or None,
                    best_slot_name="name",
                    language=language,
                )
                took = (time.perf_counter() - start) * 1000
                (known if found else unknown).append(took)
            report()


if __name__ == "__main__":
    main()
