"""bellows and zigpy as the host of an NCP: `bellows_peer.py form|resume --port URL --dir DIR`.

`form` starts on a blank NCP, forms a network, opens it and waits for a lamp to join and be
interviewed; `resume` starts on the network it formed before. Both then switch the lamp and read it.
Every step is a line of JSON on stdout; the exit status is 0 when all of them went well.
"""

import argparse
import asyncio
import json
import logging
import os
import pathlib
import sys
import time
import traceback

import bellows.zigbee.application
import zigpy.config
import zigpy.types
from zigpy.zcl import AttributeReportedEvent
from zigpy.zcl.clusters.general import Basic, LevelControl, OnOff
from zigpy.zcl.clusters.lighting import Color

STARTED = time.monotonic()


def step(name, **facts):
    print(json.dumps({"step": name, "t": round(time.monotonic() - STARTED, 2), **facts}), flush=True)


class Joined:
    """Waits for a device that is not the coordinator to be interviewed."""

    def __init__(self):
        self.device = asyncio.get_running_loop().create_future()

    def device_joined(self, device):
        step("joined", ieee=str(device.ieee), nwk=device.nwk)

    def device_initialized(self, device):
        if device.nwk != 0 and not self.device.done():
            self.device.set_result(device)


async def value(cluster, attribute):
    """Reads one attribute past zigpy's cache."""
    success, failure = await cluster.read_attributes([attribute.name], allow_cache=False)
    assert not failure, f"{cluster} {attribute.name}: {failure}"
    return success[attribute.name]


async def exercise(device):
    endpoint = device.endpoints[1]
    step(
        "interviewed",
        ieee=str(device.ieee),
        manufacturer=device.manufacturer,
        model=device.model,
        router=device.node_desc.is_router,
        endpoints=sorted(id for id in device.endpoints if id != 0),
        input=sorted(endpoint.in_clusters),
        output=sorted(endpoint.out_clusters),
    )
    on_off, level, color = endpoint.on_off, endpoint.level, endpoint.light_color

    result = await on_off.off()
    assert result.status == 0, result
    assert await value(on_off, OnOff.AttributeDefs.on_off) == 0
    result = await on_off.on()
    assert result.status == 0, result
    assert await value(on_off, OnOff.AttributeDefs.on_off) == 1
    step("switched")

    result = await level.move_to_level(120, 0)
    assert result.status == 0, result
    await asyncio.sleep(0.3)
    assert await value(level, LevelControl.AttributeDefs.current_level) == 120
    result = await color.move_to_color_temp(370, 0)
    assert result.status == 0, result
    await asyncio.sleep(0.3)
    assert await value(color, Color.AttributeDefs.color_temperature) == 370
    step("dimmed", level=120, color_temp=370)

    assert await value(endpoint.basic, Basic.AttributeDefs.model) == device.model
    # A reading the lamp does not have is refused, not invented.
    success, failure = await endpoint.basic.read_attributes(["location_desc"], allow_cache=False)
    assert not success and list(failure.values()) == [0x86], (success, failure)

    # A report that was asked for comes by itself.
    reported = asyncio.get_running_loop().create_future()

    def heard(event):
        if event.attribute_id == OnOff.AttributeDefs.on_off.id and not reported.done():
            reported.set_result(event.value)

    on_off.on_event(AttributeReportedEvent.event_type, heard)
    assert (await on_off.bind())[0] == 0
    await on_off.configure_reporting("on_off", 0, 300, 1)
    result = await on_off.toggle()
    assert result.status == 0, result
    step("reported", on_off=int(await asyncio.wait_for(reported, 5)))


async def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("what", choices=["form", "resume"])
    arguments.add_argument("--port", required=True)
    arguments.add_argument("--dir", required=True, type=pathlib.Path)
    arguments.add_argument("--verbose", action="store_true")
    arguments = arguments.parse_args()
    if arguments.verbose:
        logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)

    application = bellows.zigbee.application.ControllerApplication
    config = {
        zigpy.config.CONF_DATABASE: str(arguments.dir / "zigpy.db"),
        zigpy.config.CONF_DEVICE: {
            zigpy.config.CONF_DEVICE_PATH: arguments.port,
            zigpy.config.CONF_DEVICE_BAUDRATE: 115200,
        },
        zigpy.config.CONF_OTA: {zigpy.config.CONF_OTA_ENABLED: False},
        zigpy.config.CONF_STARTUP_ENERGY_SCAN: False,
    }
    app = await application.new(config, auto_form=arguments.what == "form", start_radio=True)
    info = app.state.network_info
    step(
        "started",
        ezsp=app._ezsp.ezsp_version,
        ieee=str(app.state.node_info.ieee),
        pan_id=int(info.pan_id),
        extended_pan_id=str(info.extended_pan_id),
        channel=int(info.channel),
        network_key=bytes(info.network_key.key).hex(),
        link_key=info.stack_specific.get("ezsp", {}).get("hashed_tclk"),
    )
    if arguments.what == "form":
        joined = Joined()
        app.add_listener(joined)
        await app.permit(60)
        step("open")
        device = await asyncio.wait_for(joined.device, 40)
    else:
        [device] = [d for d in app.devices.values() if d.nwk != 0]
    await exercise(device)
    await app.load_network_info(load_devices=True)
    step("backup", nodes=len(app.state.network_info.nwk_addresses))
    await app.shutdown()
    step("done")


async def to_the_end():
    try:
        await main()
    except BaseException:
        traceback.print_exc()
        sys.stdout.flush()
        os._exit(1)  # bellows' threads would wait for ever


asyncio.run(to_the_end())
