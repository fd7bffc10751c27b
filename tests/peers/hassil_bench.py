#!/usr/bin/env python3
"""Times Python's hassil and Hearth on the same sentences in the same home, and prints both beside each other.

    hassil_bench.py make DATA FILE            writes cases: a home of 60 devices in four languages
    hassil_bench.py run DATA TIMING CASES…    times hassil, runs the program TIMING, prints the table

DATA/intents holds the community's sentences (tests/setup/voice.sh), TIMING is `intents/examples/timing.rs`, CASES are
files as `cases intents` reads them. Half of the made sentences are drawn from the templates and understood; the other
half hassil rejects: a word too few or too many, a device that is not there, talk. A sentence's time is the fastest of
three tries, for both, because other work on the machine is not what is measured. Needs hassil 3.12.1 in the Python
that runs it.
"""
import gzip
import json
import random
import re
import subprocess
import sys
import time
from pathlib import Path

TRIES = 3
EACH = 300

# Rooms, kinds of devices with their domain, a device that is not there, talk.
HOMES = {
    "en": (
        "Bedroom,Living Room,Kitchen,Bathroom,Hall,Office,Garage,Attic,Cellar,Garden",
        "Lamp=light,Ceiling Light=light,Plug=switch,Curtain=cover,Fan=fan,Thermometer=sensor",
        "disco ball",
        "the train was late again|did you call your mother|we are out of milk|that was a good film|see you on monday",
    ),
    "ko": (
        "침실,거실,주방,욕실,복도,서재,차고,다락,지하실,정원",
        "스탠드=light,천장등=light,콘센트=switch,커튼=cover,선풍기=fan,온도계=sensor",
        "미러볼",
        "기차가 또 늦었어|엄마한테 전화했어|우유가 다 떨어졌네|영화가 재미있었어|월요일에 보자",
    ),
    "de": (
        "Schlafzimmer,Wohnzimmer,Küche,Bad,Flur,Büro,Garage,Dachboden,Keller,Garten",
        "Lampe=light,Deckenlicht=light,Steckdose=switch,Vorhang=cover,Ventilator=fan,Thermometer=sensor",
        "Discokugel",
        "der Zug war wieder zu spät|hast du deine Mutter angerufen|wir haben keine Milch mehr|das war ein guter Film|bis Montag",
    ),
    "nl": (
        "Slaapkamer,Woonkamer,Keuken,Badkamer,Hal,Kantoor,Garage,Zolder,Kelder,Tuin",
        "Lamp=light,Plafondlamp=light,Stekker=switch,Gordijn=cover,Ventilator=fan,Thermometer=sensor",
        "discobal",
        "de trein was weer te laat|heb je je moeder gebeld|de melk is op|dat was een goede film|tot maandag",
    ),
}


def lists(home):
    from hassil.intents import TextSlotList

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


def load(data, language):
    from hassil import Intents

    with open(Path(data) / "intents" / f"{language}.json", encoding="utf-8") as file:
        return Intents.from_dict(json.load(file))


def recognize(text, intents, slots, context, language):
    from hassil import recognize_best

    return recognize_best(
        text, intents, slot_lists=slots, intent_context=context or None, best_slot_name="name", language=language
    )


def draw(node, slots, rules, dice):
    """One of the sentences of a template."""
    from hassil.expression import Alternative, Group, ListReference, Permutation, RuleReference, TextChunk
    from hassil.intents import RangeSlotList, TextSlotList

    if isinstance(node, TextChunk):
        return node.original_text
    if isinstance(node, RuleReference):
        return draw(rules[node.rule_name].expression, slots, rules, dice)
    if isinstance(node, ListReference):
        values = slots.get(node.list_name)
        if isinstance(values, TextSlotList):
            return draw(dice.choice(values.values).text_in, slots, rules, dice) if values.values else ""
        if isinstance(values, RangeSlotList):
            return str(dice.choice(list(values.get_numbers())))
        return "pizza"
    if isinstance(node, Alternative):
        return draw(dice.choice(node.items), slots, rules, dice)
    items = list(node.items) if isinstance(node, Group) else []
    if isinstance(node, Permutation):
        dice.shuffle(items)
    return "".join(draw(item, slots, rules, dice) for item in items)


def make(data, out):
    dice = random.Random(60)
    with open(out, "w", encoding="utf-8") as file:
        for language, (rooms, kinds, nobody, talk) in HOMES.items():
            rooms = rooms.split(",")
            kinds = [kind.split("=") for kind in kinds.split(",")]
            home = {
                "entities": [
                    {"name": f"{room} {kind}", "id": f"{domain}.{r}_{k}", "domain": domain, "area": room}
                    for r, room in enumerate(rooms)
                    for k, (kind, domain) in enumerate(kinds)
                ],
                "areas": [{"name": room} for room in rooms],
                "floors": [],
            }
            write = lambda value: file.write(json.dumps(value, ensure_ascii=False) + "\n")
            write({"language": language, "home": home})
            intents, own = load(data, language), lists(home)
            slots = {**intents.slot_lists, **own}
            templates = [s for i in intents.intents.values() for d in i.data for s in d.sentences]
            names = [thing["name"] for thing in home["entities"]]
            known, unknown = [], [(text, {}) for text in talk.split("|")]
            while len(known) < EACH or len(unknown) < EACH:
                text = draw(dice.choice(templates).expression, slots, intents.expansion_rules, dice)
                text = re.sub(r"\s+", " ", text).strip()
                context = {"area": dice.choice(rooms)} if dice.random() < 0.5 else {}
                if len(known) >= EACH:
                    words = text.split(" ")
                    at = dice.randrange(len(words))
                    there = [name for name in names if name in text]
                    if there:
                        text = text.replace(there[0], nobody)
                    elif dice.random() < 0.5:
                        text = " ".join(words[:at] + words[at + 1 :])
                    else:
                        text = " ".join(words[: at + 1] + words[at:])
                if not text:
                    continue
                found = recognize(text, intents, own, context, language)
                if found and len(known) < EACH:
                    known.append((text, context))
                elif not found and len(unknown) < EACH:
                    unknown.append((text, context))
            for text, context in known + unknown:
                write({"text": text, "context": context})


def resident():
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


def quantile(times, q):
    times = sorted(times)
    return times[min(len(times) - 1, int(len(times) * q))] if times else 0.0


def time_hassil(data, files):
    """Language -> times of understood and of rejected sentences, in milliseconds."""
    out = {}
    for path in files:
        opener = gzip.open if path.endswith(".gz") else open
        with opener(path, "rt", encoding="utf-8") as lines:
            language, intents, slots = "", None, {}
            for line in lines:
                case = json.loads(line)
                if "language" in case:
                    if case["language"] != language:
                        language = case["language"]
                        intents = load(data, language)
                    slots = lists(case["home"])
                    continue
                fastest = None
                for _ in range(TRIES):
                    start = time.perf_counter()
                    found = recognize(case["text"], intents, slots, case.get("context"), language)
                    took = (time.perf_counter() - start) * 1000
                    fastest = took if fastest is None else min(took, fastest)
                out.setdefault(language, ([], []))[0 if found else 1].append(fastest)
    return out


def run(data, timing, files):
    hearth = [json.loads(line) for line in subprocess.run(
        [timing, data, *files], stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()]
    own_load = json.loads(subprocess.run(
        [sys.executable, __file__, "load", data], stdout=subprocess.PIPE, check=True, text=True).stdout)
    hassil = time_hassil(data, files)
    print("English and Korean loaded          ms       kB more resident")
    for row in hearth:
        if "load" in row:
            print(f"  {row['load']:28} {row['ms']:7.1f}  {row['kb']:8}")
    print(f"  {'hassil 3.12.1, the same':28} {own_load['ms']:7.1f}  {own_load['kb']:8}")
    print("\nmedian / 99th percentile in ms        Hearth            hassil      hassil takes so many times as long")
    for row in hearth:
        if "language" not in row or row["language"] not in hassil:
            continue
        for kind, theirs in zip(("understood", "rejected"), hassil[row["language"]]):
            if not theirs or not row[kind]["count"]:
                continue
            p50, p99 = quantile(theirs, 0.5), quantile(theirs, 0.99)
            mine = row[kind]
            name = f"{row['language']} {kind}{' tolerant' if row['tolerant'] else ''} ({mine['count']})"
            print(f"  {name:32} {mine['p50']:.3f} / {mine['p99']:.3f}   {p50:6.2f} / {p99:6.2f}   "
                  f"{p50 / mine['p50']:5.0f} / {p99 / mine['p99']:4.0f}")


def main():
    match sys.argv[1:]:
        case ["make", data, out]:
            make(data, out)
        case ["run", data, timing, *files]:
            run(data, timing, files)
        case ["load", data]:
            import hassil  # noqa: F401 - not what is measured
            before, start = resident(), time.perf_counter()
            kept = [load(data, language) for language in ("en", "ko")]
            # Templates are parsed when they are first needed.
            count = sum(len(d.sentences) for k in kept for i in k.intents.values() for d in i.data)
            assert count > 0
            print(json.dumps({"ms": (time.perf_counter() - start) * 1000, "kb": resident() - before}))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
