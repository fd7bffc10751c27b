#!/usr/bin/env python3
"""Packs CLDR's rules for number words into numbers/cldr.txt: pack.py FOLDER-OF-XML > cldr.txt

The folder holds CLDR's files `common/rbnf/*.xml`; the Python package `unicode-rbnf` carries them
(tests/setup/voice.sh unpacks it to DATA/intents/numbers). Kept are the sets that spell cardinal numbers
and what they call, for numbers up to 10,000 and a little more, in the notation of src/numbers.rs; a base that is not
counted in tens says so behind a slash (`60/20:`).
"""
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

LARGEST = 10_000
# Rare in homes that speak of numbers; a file of theirs beside the sentences still serves.
LEFT_OUT = {"ak", "am", "ccp", "chr", "ee", "ff", "kl", "lrc", "qu", "root", "se", "su", "vec", "yue_Hans", "zu"}


def cardinal(name):
    return (
        name.startswith("spellout")
        and ("cardinal" in name or "numbering" in name)
        and not any(other in name for other in ("ordinal", "year", "verbose"))
    )


def called(rule):
    return {name.lstrip("%") for name in re.findall(r"%[%a-zA-Z0-9-]+", rule)}


def read(path):
    sets = {}
    for ruleset in ElementTree.parse(path).getroot().iter("ruleset"):
        rules = []
        for rule in ruleset.iter("rbnfrule"):
            value, radix = rule.get("value"), rule.get("radix", "10")
            if value == "x,x":
                value = "x.x"
            if value not in ("-x", "x.x") and not (value.isdigit() and int(value) <= LARGEST):
                continue
            text = rule.text.strip()
            if re.search(r"[←<]%[^←<]*[←<]{2}", text):
                continue  # a fraction's digits by place, which nothing here speaks
            radix = re.sub(r"\D", "", radix)
            rules.append((value + ("" if radix == "10" else "/" + radix), text))
        sets[ruleset.get("type")] = (ruleset.get("access") != "private", rules)
    return sets


def pack(path):
    sets = read(path)
    wanted = [name for name, (public, _) in sets.items() if public and cardinal(name)]
    for name in wanted:
        for _, text in sets[name][1]:
            wanted.extend(n for n in called(text) if n in sets and n not in wanted)
    short = {}
    for i, name in enumerate(wanted):
        short[name] = chr(97 + i // 26) + chr(97 + i % 26)
    out = []
    for name in wanted:
        public, rules = sets[name]
        mark = "%" if public and cardinal(name) else "%%"
        out.append(f"{mark}{short[name]}:")
        for base, text in rules:
            def rename(match):
                name = match.group(0).lstrip("%")
                return "%" + short.get(name, "none")
            text = re.sub(r"%[%a-zA-Z0-9-]+", rename, text.replace("→", ">").replace("←", "<").replace("\u00ad", ""))
            out.append(f"{base}:{text}")
    return out


def main():
    packed = {}
    for path in sorted(Path(sys.argv[1]).glob("*.xml")):
        if path.stem in LEFT_OUT:
            continue
        body = "\n".join(pack(path))
        if body:
            packed.setdefault(body, []).append(path.stem)
    print("# Number words by CLDR's rule-based number formats, packed by numbers/pack.py.")
    print("# Copyright (c) Unicode, Inc. Unicode License v3: see NOTICE.")
    for body, languages in packed.items():
        print("@" + " ".join(languages))
        print(body)


if __name__ == "__main__":
    main()
