"""How many adverts per second other people's decoders read, on one core: the peers' side of `cargo bench ble`.

Usage: ble_speed.py [SECONDS]. Prints one line a decoder and kind of advert, call overhead included, as
their hosts pay it.
"""

import json
import logging
import sys
import time

import TheengsDecoder
from bluetooth_data_tools import monotonic_time_coarse
from bthome_ble import BTHomeBluetoothDeviceData
from habluetooth import BluetoothServiceInfoBleak
from home_assistant_bluetooth import BluetoothServiceInfo
from xiaomi_ble.parser import XiaomiBluetoothDeviceData

logging.disable(logging.CRITICAL)

MIBEACON, BTHOME = "0000fe95-0000-1000-8000-00805f9b34fb", "0000fcd2-0000-1000-8000-00805f9b34fb"
PLAIN, SEALED = "50305b04034c94b438c1a40d10041001ea01", "58585b0550f4830238c1a495ef58763c26000097e2abb5"
SEALED_BTHOME = "41a47266c95f730011223378237214"


def info(kind, address, uuid, data, **more):
    return kind(name="DIY", address=address, rssi=-60, manufacturer_data={},
                service_data={uuid: bytes.fromhex(data)}, service_uuids=[], source="", **more)  # fmt: skip


def bthome(data, key):
    decoder = BTHomeBluetoothDeviceData(bindkey=key and bytes.fromhex(key))
    advert = info(BluetoothServiceInfoBleak, "54:48:E6:8F:80:A5", BTHOME, data, device=None,
                  advertisement=None, connectable=False, time=monotonic_time_coarse(), tx_power=None)  # fmt: skip
    return lambda: decoder.update(advert)


def xiaomi(address, data, key):
    decoder = XiaomiBluetoothDeviceData(bindkey=key and bytes.fromhex(key))
    advert = info(BluetoothServiceInfo, address, MIBEACON, data)
    return lambda: decoder.update(advert)


def theengs(**advert):
    text = json.dumps(dict(id="54:48:E6:8F:80:A5", rssi=-60, **advert))
    return lambda: TheengsDecoder.decodeBLE(text)


CASES = {
    "xiaomi-ble, MiBeacon plain": xiaomi("A4:C1:38:B4:94:4C", PLAIN, None),
    "xiaomi-ble, MiBeacon encrypted": xiaomi("A4:C1:38:02:83:F4", SEALED, "e9ea895fac7cca6d30532432a516f3a8"),
    "bthome-ble, plain": bthome("4002ca0903bf13", None),
    "bthome-ble, encrypted": bthome(SEALED_BTHOME, "231d39c1d7cc1ab1aee224cd096db932"),
    "TheengsDecoder, MiBeacon plain": theengs(servicedata=PLAIN, servicedatauuid="fe95"),
    "TheengsDecoder, unknown maker": theengs(manufacturerdata="750042040180609c8c6ee8ddbe9e8c6ee8ddbd011f8f"),
}


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 2.0
    for name, decode in CASES.items():
        count, begin = 0, time.perf_counter()
        while (spent := time.perf_counter() - begin) < seconds:
            for _ in range(100):
                decode()
            count += 100
        print(f"{name:34} {count / spent:10,.0f} adverts/s  {spent / count * 1e6:8.1f} us")


if __name__ == "__main__":
    main()
