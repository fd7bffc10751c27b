"""Adverts that nobody recorded, and what xiaomi-ble and bthome-ble say of them.

Usage: ble_peer.py COUNT SEED: prints cases for `cases ble`, one a line. Frames are built from random
objects, sealed with random keys where the format encrypts; some are then spoilt, which the peer must
refuse as well. Cases where the peer crashes, or says nothing though it read the frame, are left out.
"""

import json
import logging
import math
import os
import random
import struct
import sys

from bluetooth_data_tools import monotonic_time_coarse
from bthome_ble import BTHomeBluetoothDeviceData
from bthome_ble.const import MEAS_TYPES
from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from habluetooth import BluetoothServiceInfoBleak
from home_assistant_bluetooth import BluetoothServiceInfo
from xiaomi_ble.devices import DEVICE_TYPES
from xiaomi_ble.parser import XiaomiBluetoothDeviceData, xiaomi_dataobject_dict
from Cryptodome.Cipher import AES

logging.disable(logging.CRITICAL)

# Our words for what the peers' entities are called.
RENAMED = {
    "mass": "weight",
    "volatile_organic_compounds": "voc",
    "carbon_dioxide": "co2",
}

# Lengths that objects have; others are random.
LENGTHS = {
    0x0006: [5], 0x000A: [2], 0x000B: [9], 0x000F: [3], 0x0010: [1, 2], 0x1001: [3], 0x1004: [2],
    0x1005: [2], 0x1006: [2], 0x1007: [3], 0x1009: [2], 0x100D: [4], 0x1010: [2], 0x1017: [4],
    0x2000: [5], 0x3003: [5, 6], 0x4801: [4], 0x4805: [4], 0x4808: [4], 0x4818: [2], 0x4851: [1], 0x4852: [1], 0x483D: [4],
    0x483E: [4], 0x4A08: [4], 0x4A0C: [0, 1], 0x4A0D: [0, 1], 0x4A0E: [0, 1], 0x4C01: [4],
    0x4C08: [4], 0x4E16: [9], 0x6E16: [9],
}  # fmt: skip
FLOATS = {0x4801, 0x4805, 0x4808, 0x4A08, 0x4C01, 0x4C08}
# What 1007 measures on other models the peer leaves out.
LUX = {"MJYD02YL", "MCCGQ02HL", "HHCCJCY01", "GCLS002"}


def say(update):
    said, units = {}, {}
    for key, value in update.entity_values.items():
        name = key.key if isinstance(key.key, str) else "_".join(p for p in key.key if p)
        if name == "signal_strength":
            continue
        base = next((old for old in RENAMED if name.startswith(old)), None)
        said[RENAMED[base] + name[len(base):] if base else name] = value.native_value
    for key, description in update.entity_descriptions.items():
        if description.native_unit_of_measurement:
            units[str(key.key)] = description.native_unit_of_measurement.value
    for key, value in update.binary_entity_values.items():
        name = key.key if isinstance(key.key, str) else "_".join(p for p in key.key if p)
        said[name] = bool(value.native_value)
    for key, value in update.events.items():
        said[f"event:{key.key}"] = {"type": value.event_type, "props": value.event_properties}
    return said, units


def finite(said):
    return all(not isinstance(v, float) or math.isfinite(v) for v in said.values())


def address(dice):
    return bytes(dice.randrange(256) for _ in range(6))


def colons(mac):
    return ":".join(f"{b:02X}" for b in mac)


def value(dice, kind, length):
    if kind in FLOATS and length == 4:
        return struct.pack("<f", round(dice.uniform(-40, 200), dice.randrange(4)))
    if length == 1:
        return bytes([dice.choice([0, 1, 2, 3, 4, dice.randrange(256)])])
    return bytes(dice.choice([0, 1, 2, 255, dice.randrange(256)]) for _ in range(length))


def mibeacon(dice):
    mac, product = address(dice), dice.choice(list(DEVICE_TYPES))
    body = b""
    for _ in range(dice.choice([1, 1, 1, 2, 3])):
        kind = dice.choice(list(xiaomi_dataobject_dict))
        if kind == 0x1007 and DEVICE_TYPES[product].model not in LUX:
            kind = 0x1004
        length = dice.choice(LENGTHS.get(kind, [1, 1, 1, dice.randrange(1, 6)]))
        body += struct.pack("<HB", kind, length) + value(dice, kind, length)
    sealed, version = dice.random() < 0.6, dice.choice([2, 3, 4, 5])
    control = version << 12 | 0x40 | (8 if sealed else 0)
    counter = dice.randrange(256)
    with_mac, with_cap = dice.random() < 0.5, dice.random() < 0.2
    control |= (0x10 if with_mac else 0) | (0x20 if with_cap else 0)
    head = struct.pack("<HHB", control, product, counter)
    full = head + (mac[::-1] if with_mac else b"")
    if with_cap:
        cap = dice.choice([0x08, 0x28])
        full += bytes([cap]) + (b"\x00" if cap & 0x20 else b"")
    key = None
    if sealed:
        extra = bytes(dice.randrange(256) for _ in range(3))
        if version >= 4:
            key = bytes(dice.randrange(256) for _ in range(16))
            nonce = mac[::-1] + head[2:5] + extra
            text = AESCCM(key, tag_length=4).encrypt(nonce, body, b"\x11")
            data = full + text[:-4] + extra + text[-4:]
        else:
            key = bytes(dice.randrange(256) for _ in range(12))
            whole = key[:6] + bytes.fromhex("8d3d3c97") + key[6:]
            cipher = AES.new(whole, AES.MODE_CCM, nonce=head + extra + mac[::-1][:-1], mac_len=4)
            cipher.update(b"\x11")
            data = full + cipher.encrypt(body) + extra + b"\x00"
    else:
        data = full + body
    form = "mibeacon" if not sealed else "mibeacon-enc-" + ("v4v5" if version >= 4 else "legacy")
    return mac, "0000fe95-0000-1000-8000-00805f9b34fb", data, key, form, sealed and version >= 4


def bthome(dice):
    mac, body = address(dice), b""
    seen = {}
    for kind in sorted(dice.choices(list(MEAS_TYPES), k=dice.choice([1, 1, 2, 3]))):
        row = MEAS_TYPES[kind]
        # Of the same property in two units, or as number and flag, the peer tells the last alone.
        name = str(getattr(row.meas_format, "device_class", None))
        if seen.setdefault(name, row.meas_format) != row.meas_format:
            continue
        if row.data_format == "string":
            text = dice.choice(["a", "Hello World!", "ä", "21 °C"]).encode()
            body += bytes([kind, len(text)]) + text
        elif row.data_format == "raw":
            raw = value(dice, 0, dice.randrange(1, 9))
            body += bytes([kind, len(raw)]) + raw
        elif row.data_format == "command":
            args = value(dice, 0, dice.randrange(3)) if dice.random() < 0.5 else b""
            body += bytes([kind, len(args), dice.randrange(6)]) + args
        else:
            body += bytes([kind]) + value(dice, 0, row.data_length)
    sealed = dice.random() < 0.5
    info = 0x40 | (1 if sealed else 0) | dice.choice([0, 4])
    head = bytes([info])
    if dice.random() < 0.2:
        head = bytes([info | 2]) + mac[::-1]
    key = None
    if sealed:
        key = bytes(dice.randrange(256) for _ in range(16))
        count = struct.pack("<I", dice.randrange(1 << 32))
        nonce = mac + b"\xd2\xfc" + head[:1] + count
        text = AESCCM(key, tag_length=4).encrypt(nonce, body, None)
        body = text[:-4] + count + text[-4:]
    form = "bthome2-enc" if sealed else "bthome2"
    return mac, "0000fcd2-0000-1000-8000-00805f9b34fb", head + body, key, form, sealed


def ask(peer, mac, uuid, data, key):
    about = dict(name="DIY", address=colons(mac), rssi=-60, manufacturer_data={},
                 service_data={uuid: data}, service_uuids=[uuid], source="")  # fmt: skip
    if peer == "xiaomi-ble":
        decoder, info = XiaomiBluetoothDeviceData(bindkey=key), BluetoothServiceInfo(**about)
    else:
        decoder = BTHomeBluetoothDeviceData(bindkey=key)
        info = BluetoothServiceInfoBleak(**about, device=None, advertisement=None, connectable=False,
                                         time=monotonic_time_coarse(), tx_power=None)  # fmt: skip
    return say(decoder.update(info))


def main():
    count, dice = int(sys.argv[1]), random.Random(int(sys.argv[2]))
    made = 0
    while made < count:
        peer = dice.choice(["xiaomi-ble", "bthome-ble"])
        mac, uuid, data, key, form, tagged = (mibeacon if peer == "xiaomi-ble" else bthome)(dice)
        spoilt = None
        if tagged and dice.random() < 0.1:
            spoilt = dice.choice(["tag", "key", "missing"])
            if spoilt == "tag":
                data = data[:-1] + bytes([data[-1] ^ 1 << dice.randrange(8)])
            elif spoilt == "key":
                key = key[:-1] + bytes([key[-1] ^ 1])
            else:
                key = None
        try:
            said, units = ask(peer, mac, uuid, data, key)
        except Exception:  # noqa: BLE001 (a peer's crash is not our affair)
            continue
        if bool(said) == bool(spoilt) or not finite(said):
            continue
        # A press that is none of the known ones.
        events = [v["type"] for k, v in said.items() if k.startswith("event:")]
        if "event:motion" in said and not said.get("motion", True):
            continue
        if None in events or "no_press" in events or any(k.endswith("_None") for k in said):
            continue
        case = dict(source="made", peer=peer, format=form, address=colons(mac), local_name="DIY",
                    rssi=-60, service_data={uuid: data.hex()}, bindkey=key.hex() if key else None,
                    expected=said, units=units, session=f"{peer}/{made}")  # fmt: skip
        if spoilt:
            case["expect_undecodable"] = True
        print(json.dumps(case, default=str))
        made += 1


if __name__ == "__main__":
    os.environ.setdefault("TZ", "UTC")
    main()
