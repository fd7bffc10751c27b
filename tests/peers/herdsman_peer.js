// zigbee-herdsman's ember driver as the host of an NCP:
// `node herdsman_peer.js form|resume --port PATH --dir DIR [--verbose]`.
//
// `form` starts on a blank NCP, forms a network, opens it and waits for a lamp to join and be
// interviewed; `resume` starts on the network it formed before. Both then switch the lamp and read
// it. Every step is a line of JSON on stdout; the exit status is 0 when all of them went well.
"use strict";

const assert = require("node:assert");
const path = require("node:path");
const {Controller, setLogger} = require(path.join(process.env.PEERS ?? path.join(__dirname, "../data/peers"), "node/node_modules/zigbee-herdsman"));

const started = process.hrtime.bigint();
const step = (name, facts = {}) =>
    console.log(JSON.stringify({step: name, t: Number(process.hrtime.bigint() - started) / 1e9, ...facts}));
const [what, ...rest] = process.argv.slice(2);
const option = (name) => {
    const at = rest.indexOf(name);
    return at < 0 ? undefined : rest[at + 1];
};
const verbose = rest.includes("--verbose");
const say = (level) => (message, namespace) => {
    if (verbose || level === "error" || level === "warning") {
        console.error(`${level} ${namespace}: ${typeof message === "function" ? message() : message}`);
    }
};
setLogger({debug: say("debug"), info: say("info"), warning: say("warning"), error: say("error")});

const NETWORK = {
    panID: 0x1a62,
    extendedPanID: [0xdd, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77],
    channelList: [15],
    networkKey: [1, 3, 5, 7, 9, 11, 13, 15, 0, 2, 4, 6, 8, 10, 12, 13],
};

const within = (seconds, what, promise) => {
    let timer;
    const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`${what}: not within ${seconds} s`)), seconds * 1000);
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};

async function exercise(device) {
    const endpoint = device.getEndpoint(1);
    step("interviewed", {
        ieee: device.ieeeAddr,
        manufacturer: device.manufacturerName,
        model: device.modelID,
        router: device.type === "Router",
        endpoints: device.endpoints.map((e) => e.ID),
        input: endpoint.inputClusters,
        output: endpoint.outputClusters,
    });

    await endpoint.command("genOnOff", "off", {});
    assert.deepEqual(await endpoint.read("genOnOff", ["onOff"]), {onOff: 0});
    await endpoint.command("genOnOff", "on", {});
    assert.deepEqual(await endpoint.read("genOnOff", ["onOff"]), {onOff: 1});
    step("switched");

    await endpoint.command("genLevelCtrl", "moveToLevel", {level: 120, transtime: 0, optionsMask: 0, optionsOverride: 0});
    await endpoint.command("lightingColorCtrl", "moveToColorTemp", {colortemp: 370, transtime: 0, optionsMask: 0, optionsOverride: 0});
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.deepEqual(await endpoint.read("genLevelCtrl", ["currentLevel"]), {currentLevel: 120});
    assert.deepEqual(await endpoint.read("lightingColorCtrl", ["colorTemperature"]), {colorTemperature: 370});
    step("dimmed", {level: 120, color_temp: 370});

    // A reading the lamp does not have is refused, not invented.
    await assert.rejects(endpoint.read("genBasic", [0x7777]), /UNSUPPORTED_ATTRIBUTE/);

    // A report that was asked for comes by itself.
    const coordinator = controller.getDevicesByType("Coordinator")[0];
    await endpoint.bind("genOnOff", coordinator.getEndpoint(1));
    await endpoint.configureReporting("genOnOff", [{attribute: "onOff", minimumReportInterval: 0, maximumReportInterval: 300, reportableChange: 0}]);
    const reported = new Promise((resolve) => {
        controller.on("message", (message) => {
            if (message.type === "attributeReport" && message.cluster === "genOnOff") resolve(message.data);
        });
    });
    await endpoint.command("genOnOff", "toggle", {});
    step("reported", {on_off: (await within(5, "report", reported)).onOff});
    // What the stack keeps of its neighbours.
    const lqi = await device.lqi();
    const own = await coordinator.lqi();
    step("neighbours", {lamp: lqi.neighbors ? lqi.neighbors.length : lqi.length, coordinator: own.neighbors ? own.neighbors.length : own.length});
}

const dir = option("--dir");
const controller = new Controller({
    network: NETWORK,
    serialPort: {path: option("--port"), adapter: "ember", baudRate: 115200, rtscts: false},
    databasePath: path.join(dir, "database.db"),
    databaseBackupPath: path.join(dir, "database.db.backup"),
    backupPath: path.join(dir, "coordinator_backup.json"),
    adapter: {},
    acceptJoiningDeviceHandler: async () => true,
});

async function main() {
    controller.on("adapterDisconnected", () => {
        step("disconnected");
        process.exit(3);
    });
    const interviewed = new Promise((resolve, reject) => {
        controller.on("deviceInterview", ({status, device}) => {
            step("interview", {status, ieee: device.ieeeAddr});
            if (status === "successful") resolve(device);
            if (status === "failed") reject(new Error("interview failed"));
        });
    });
    interviewed.catch(() => {});
    const result = await controller.start();
    const version = await controller.getCoordinatorVersion();
    const parameters = await controller.getNetworkParameters();
    step("started", {result, ezsp: version.meta.ezsp, revision: version.meta.revision, pan_id: parameters.panID, channel: parameters.channel});
    let device;
    if (what === "form") {
        assert.equal(result, "reset");
        await controller.permitJoin(60);
        step("open");
        device = await within(40, "interview", interviewed);
    } else {
        assert.equal(result, "resumed");
        [device] = controller.getDevicesByType("Router");
        assert(device, "the lamp is in the database");
    }
    await exercise(device);
    if (what === "form") await controller.permitJoin(0);
    await controller.stop();
    step("done");
}

main().then(
    () => process.exit(0),
    (error) => {
        console.error(error);
        process.exit(1);
    },
);
