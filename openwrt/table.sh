#!/usr/bin/env bash
# Writes what was built and measured (target/openwrt/sizes.tsv and memory.tsv) into the tables of openwrt/README.md.
# What was not built anew keeps its line.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
out=${HEARTH_OPENWRT_OUT:-$root/target/openwrt}

exec python3 - "$root/openwrt/README.md" "$out" <<'PYTHON'
import csv, os, re, sys

readme, out = sys.argv[1:]
text = open(readme).read()


def rows(name):
    path = os.path.join(out, name)
    if not os.path.exists(path):
        return []
    with open(path) as file:
        return list(csv.DictReader(file, delimiter="\t"))


def number(digits):
    return f"{int(digits):,}".replace(",", " ") if digits.isdigit() else digits


def fill(mark, lines):
    """Puts lines, by their first two cells, into the table after the mark; known ones are replaced where they stand."""
    global text
    begin = text.index(f"<!-- {mark} -->")
    end = text.index("<!-- end -->", begin)
    table = text[begin:end].rstrip("\n").split("\n")
    for line in lines:
        key = line.split("|")[1:3]
        at = [i for i, old in enumerate(table) if old.startswith("|") and old.split("|")[1:3] == key]
        if at:
            table[at[0]] = line
        else:
            table.append(line)
    text = text[:begin] + "\n".join(table) + "\n" + text[end:]


fill("sizes", [
    f"| {r['target']} | `{r['program']}` | {number(r['bytes'])} | {number(r['gzip'])} | {number(r['xz'])} |"
    for r in rows("sizes.tsv")
])
fill("memory", [
    f"| {r['target']} | `{r['program']}` | {number(r['radios'])} | {number(r['page'])} | {number(r['sentence'])} | {number(r['joined'])} |"
    for r in rows("memory.tsv") if None not in r.values()
])
open(readme, "w").write(text)
PYTHON
