#!/bin/bash
# The scenario of run.sh, inside the name space: a package's life from installation to removal.
set -eu
step() { echo "· $*"; }
fail() { echo "FAILED: $*" >&2; tail -20 /var/log/hearth.log >&2; exit 1; }
check() { local what="$1"; shift; "$@" || fail "$what"; }
# until SECONDS WHAT COMMAND…
within() {
	local end=$((SECONDS + $1)) what="$2"
	shift 2
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || fail "$what"
		sleep 0.1
	done
}
pid() { ubus -S call service list '{"name":"hearth"}' | sed -n 's/.*"pid":\([0-9]*\).*/\1/p'; }
# The gateway itself, which is the jail's child where there is a jail.
gateway() { pgrep -P "$(pid)" || pid; }
status() { hearth status --json --config /etc/config/hearth 2> /dev/null | python3 -c "import json,sys; d=json.load(sys.stdin); print($1)" 2> /dev/null; }
zigbee_is() { [ "$(status 'd["zigbee"]["state"]')" = "$1" ]; }
is_gone() { ! kill -0 "$1" 2> /dev/null; }
differs() { local now; now="$(pid)"; [ -n "$now" ] && [ "$now" != "$1" ]; }

# --- the root ---
ip link set lo up
work=$(mktemp -d)
rm -rf /etc/init.d /etc/config /etc/hearth /var/etc /tmp/.uci
mkdir -p /etc/config /etc/init.d /etc/hotplug.d /var/etc /var/log /lib/functions
cp -a /stand-ins/lib/. "$(readlink -f /lib)/"
cp -a /stand-ins/etc/. /etc/
export PATH="/stand-ins/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
mount -t tmpfs none "$(readlink -f /var/run)"
mount -t tmpfs none /sys
mount -t tmpfs none /dev
mknod -m 666 /dev/null c 1 3
mknod -m 666 /dev/zero c 1 5
mknod -m 666 /dev/random c 1 8
mknod -m 666 /dev/urandom c 1 9
mknod -m 666 /dev/tty c 5 0
mkdir /dev/pts /dev/shm
ln -s /proc/self/fd /dev/fd
mount -t devpts -o newinstance,ptmxmode=0666,mode=0666 none /dev/pts
ln -s pts/ptmx /dev/ptmx

# A stick as the kernel shows it: plug TTY
plug() {
	local usb=/sys/devices/usb1/1-1
	mkdir -p "$usb/1-1:1.0/tty/$1" /sys/class/tty
	echo 1a86 > $usb/idVendor
	echo 55d4 > $usb/idProduct
	echo ITEAD > $usb/manufacturer
	echo 'SONOFF Zigbee 3.0 USB Dongle Plus V2' > $usb/product
	echo 20231122 > $usb/serial
	echo 00 > $usb/1-1:1.0/bInterfaceNumber
	ln -s $usb/1-1:1.0 "$usb/1-1:1.0/tty/$1/device"
	ln -s "$usb/1-1:1.0/tty/$1" "/sys/class/tty/$1"
	ncp-sim --pty "/dev/$1" > /var/log/sim.log 2>&1 &
	sim=$!
	within 10 "the simulated stick does not come up" test -e "/dev/$1"
	ACTION=add SUBSYSTEM=usb-serial DEVICENAME="$1" /etc/hotplug.d/tty/80-hearth
	ACTION=add SUBSYSTEM=tty DEVICENAME="$1" /etc/hotplug.d/tty/80-hearth
}
unplug() {
	kill "$sim"
	wait "$sim" 2> /dev/null || true
	rm -rf /sys/devices/usb1 "/sys/class/tty/${1:?}" "/dev/${1:?}"
	ACTION=remove SUBSYSTEM=tty DEVICENAME="$1" /etc/hotplug.d/tty/80-hearth
}

procd &
within 5 "the stand-in for procd does not come up" test -S /var/run/procd.sock
mosquitto -p 1883 > /var/log/mosquitto.log 2>&1 &

printf "config system\n\toption hostname 'OpenWrt'\n" > /etc/config/system
reload_config # as the boot ends

step "install: files, user, first values, enable"
cp -a /openwrt/etc/. /etc/
echo 'hearth:x:6210:6210:hearth:/var/run/hearth:/bin/false' >> /etc/passwd
echo 'hearth:x:6210:hearth' >> /etc/group
before=$(md5sum /etc/config/hearth)
sh /etc/uci-defaults/80-hearth
check "ubusd does not learn that hearth may publish" grep -qx -- '-HUP ubusd' /var/run/killall
check "first values were written over a file that needs none" test "$before" = "$(md5sum /etc/config/hearth)"
/etc/init.d/hearth enable
check "enable makes no link" test -x /etc/rc.d/S95hearth

step "first values: what is missing comes, what the user set stays, twice is once"
cp /etc/config/hearth "$work/hearth"
printf "config zigbee 'zigbee'\n\toption port '/dev/ttyACM9'\n" > /etc/config/hearth
sh /etc/uci-defaults/80-hearth
check "no broker" test "$(uci get hearth.mqtt.server)" = mqtt://127.0.0.1:1883
check "the user's port is gone" test "$(uci get hearth.zigbee.port)" = /dev/ttyACM9
once=$(md5sum /etc/config/hearth)
sh /etc/uci-defaults/80-hearth
check "the second time changes something" test "$once" = "$(md5sum /etc/config/hearth)"
step "a TOML file is taken over"
mkdir -p /etc/hearth
printf '[mqtt]\nserver = "mqtt://127.0.0.1:1883"\nbase_topic = "old"\n' > /etc/hearth/hearth.toml
sh /etc/uci-defaults/80-hearth
check "not taken over" test "$(uci get hearth.mqtt.base_topic)" = old
check "taken over twice" test ! -e /etc/hearth/hearth.toml
rm -f /etc/hearth/*
cp "$work/hearth" /etc/config/hearth

step "start: unprivileged, well without a stick but for the stick"
/etc/init.d/hearth start
first=$(pid)
check "nothing runs" test -n "$first"
within 10 "no status" zigbee_is down
check "it runs as somebody else" test "$(awk '/^Uid/ { print $2 }' "/proc/$(gateway)/status")" = 6210
check "no memory limit" grep -q 'Max data size *67108864' "/proc/$(gateway)/limits"
check "it may leave its memory in a file" grep -q 'Max core file size *0 *0 ' "/proc/$(gateway)/limits"
check "the configuration lies open" test "$(stat -c '%a %U %G' /var/etc/hearth.config)" = '640 root hearth'
hearth status > /dev/null && fail "healthy without a stick" || test $? -eq 1

step "a stick comes and is served"
plug ttyUSB0
within 30 "the stick is not served" zigbee_is up
within 10 "not healthy" hearth status
second=$(pid)

step "reload without a change changes nothing, with one it starts anew"
/etc/init.d/hearth reload
sleep 1
check "restarted for nothing" test "$(pid)" = "$second"
uci set hearth.main.log=debug
uci commit hearth
/etc/init.d/hearth reload
within 5 "not restarted" differs "$second"
within 30 "the stick is not served any more" zigbee_is up

step "after uci commit, reload_config alone is enough, the first time too"
third=$(pid)
uci set hearth.main.log=info
uci commit hearth
reload_config
within 5 "not restarted" differs "$third"
third=$(pid)
reload_config
sleep 1
check "restarted for nothing" test "$(pid)" = "$third"
within 30 "the stick is not served any more" zigbee_is up

step "kill -9: it comes back"
third=$(pid)
kill -9 "$(gateway)"
within 9 "it does not come back" differs "$third"
within 30 "the stick is not served any more" zigbee_is up

step "the stick goes: it survives; it comes back under another name"
fourth=$(pid)
unplug ttyUSB0
within 20 "the loss was not noticed" zigbee_is down
check "it did not survive" test "$(pid)" = "$fourth"
plug ttyUSB1
within 40 "the stick is not found again" zigbee_is up

step "a wrong option is named with its place"
wrong=$(printf "config mqtt 'mqtt'\n\toption sever 'x'\n" > "$work/wrong"; hearth status --config "$work/wrong" 2>&1 || true)
check "$wrong" test "${wrong#*wrong:2: section \'mqtt\', option \'sever\'}" != "$wrong"

step "switched off, reloading ends it; switched on, it is back"
seventh=$(pid)
uci set hearth.main.enabled=0
uci commit hearth
/etc/init.d/hearth reload
within 5 "it runs on" is_gone "$seventh"
check "it runs" test -z "$(pid)"
uci set hearth.main.enabled=1
uci commit hearth
/etc/init.d/hearth reload
within 10 "it is not back" differs "$seventh"
within 40 "the stick is not served any more" zigbee_is up

step "the firewall hears of a rule when it comes, changes and goes, and only then"
rule() { ubus -S call service list '{"name":"hearth"}' | grep -o '"Allow-Hearth","src":"[^"]*","proto":"tcp","dest_port":"[0-9]*"'; }
heard() { grep -c 'config.change firewall' /var/log/events || true; }
reloads() { # WHAT TIMES RULE
	uci commit hearth
	/etc/init.d/hearth reload
	check "$1: heard $(heard) times" test "$(heard)" = "$2"
	check "$1: the rule is $(rule)" test "$(rule)" = "$3"
}
none=$(heard)
uci set hearth.web=web
uci set hearth.web.token=12345678
uci set hearth.main.firewall=lan
reloads "the page is for the router alone" "$none" ''
uci set hearth.web.listen=0.0.0.0:8099
reloads "the page is opened" $((none + 1)) '"Allow-Hearth","src":"lan","proto":"tcp","dest_port":"8099"'
reloads "nothing is new" $((none + 1)) '"Allow-Hearth","src":"lan","proto":"tcp","dest_port":"8099"'
uci set hearth.web.listen=0.0.0.0:8090
reloads "another port" $((none + 2)) '"Allow-Hearth","src":"lan","proto":"tcp","dest_port":"8090"'
uci delete hearth.main.firewall
reloads "the rule is not wanted any more" $((none + 3)) ''
uci set hearth.main.firewall=lan
reloads "wanted again" $((none + 4)) '"Allow-Hearth","src":"lan","proto":"tcp","dest_port":"8090"'
/etc/init.d/hearth stop
check "stopped, and the rule stays" test "$(heard)" = $((none + 5))
uci delete hearth.main.firewall
uci delete hearth.web
uci commit hearth
/etc/init.d/hearth start
check "started without a rule: heard" test "$(heard)" = $((none + 5))
within 40 "the stick is not served any more" zigbee_is up

step "stop: gone within a second, nothing left in memory"
last=$(pid)
began=$(date +%s%N)
/etc/init.d/hearth stop
within 3 "it does not end" is_gone "$last"
took=$((($(date +%s%N) - began) / 1000000))
echo "  in $took ms"
check "it took $took ms" test "$took" -lt 1000
check "the configuration's copy stays" test ! -e /var/etc/hearth.config
check "/var/run/hearth stays" test ! -e /var/run/hearth
hearth status 2> /dev/null && fail "a status of nobody" || test $? -eq 2

step "its keeper is killed: it does not outlive it"
# A jail whose keeper was killed would otherwise hold stick and home while procd starts another.
cp /etc/config/hearth "$work/kept"
HEARTH_KEPT=1 sh -c "hearth run --config $work/kept & echo \$! > $work/kept.pid; wait" > /dev/null 2>&1 &
keeper=$!
within 10 "it does not run" hearth status --config "$work/kept" --json > /dev/null
kept=$(cat "$work/kept.pid")
kill -9 $keeper
within 3 "it outlives its keeper" is_gone "$kept"
rm -rf /var/run/hearth

step "switched off it does not start"
uci set hearth.main.enabled=0
uci commit hearth
/etc/init.d/hearth start
check "it runs" test -z "$(pid)"

step "speech: no model, too little memory, a base, the home's own"
voice_pid() { ubus -S call service list '{"name":"hearth-voice"}' | sed -n 's/.*"pid":\([0-9]*\).*/\1/p'; }
listens_with() { tr '\0' ' ' < "/proc/$(voice_pid)/cmdline" | grep -q -- "--model $1 "; }
memory_of() { printf 'MemTotal: 131072 kB\nMemAvailable: %s kB\n' "$(($1 * 1024))" > "$work/meminfo"; }
# refused BECAUSE
refused() {
	/etc/init.d/hearth-voice start 2> "$work/why" || true
	check "it says: $(cat "$work/why")" grep -q "$1" "$work/why"
	check "it runs all the same" test -z "$(voice_pid)"
}
export MEMINFO="$work/meminfo"
mkdir -p /usr/lib/hearth-voice "$work/words"
printf '#!/bin/bash\nexec -a "hearth-voice" python3 -c "import time; time.sleep(600)" "$@"\n' > /usr/lib/hearth-voice/hearth-voice
printf '#!/bin/bash\n[ "$1" = --library-path ] && shift 2 && exec "$@"\n' > /usr/lib/hearth-voice/hearth-voice.loader
chmod 755 /usr/lib/hearth-voice/*
uci set hearth.main.voice=1
uci commit hearth
memory_of 100
refused 'no model'
base=/usr/share/hearth-voice/en
mkdir -p $base/graph
head -c 10485760 /dev/zero > $base/graph/HCLr.fst
memory_of 77
refused 'needs about 5[45] MB of memory; this machine has 128 MB, 77 MB of them free'
memory_of 79
/etc/init.d/hearth-voice start 2> "$work/said"
within 5 "speech does not start with what is installed" listens_with $base
check "it does not say how to hear names better" grep -q "hearth voice pack --model $base" "$work/said"
/etc/init.d/hearth-voice stop
mkdir -p /etc/hearth/voice/graph
head -c 10485760 /dev/zero > /etc/hearth/voice/graph/HCLG.fst
memory_of 55
refused 'hearth/voice needs about 3[23] MB'
memory_of 57
/etc/init.d/hearth-voice start
within 5 "the home's own model is not preferred" listens_with /etc/hearth/voice
check "no memory limit" grep -q 'Max data size *14[01]' "/proc/$(voice_pid)/limits"
check "a jail would look for the worker's libraries" grep -q '"command":\["/usr/lib/hearth-voice/hearth-voice.loader' \
	<(ubus -S call service list '{"name":"hearth-voice"}')
/etc/init.d/hearth-voice stop
# One with a graph of its own is not packed: what lies there was packed from another.
mkdir -p "$work/own/graph"
cp /etc/hearth/voice/graph/HCLG.fst "$work/own/graph/"
uci set hearth.voice=voice
uci set hearth.voice.model="$work/own"
uci commit hearth
/etc/init.d/hearth-voice start
within 5 "the configured model is not taken" listens_with "$work/own"
/etc/init.d/hearth-voice stop
uci delete hearth.voice
uci commit hearth
rm -r /etc/hearth/voice
# Both are told of a change at once, and the gateway's jail holds what is there when it starts.
rm -rf /var/run/hearth-voice
uci set hearth.main.enabled=1
uci commit hearth
/etc/init.d/hearth start
check "no place to meet the speech worker" test "$(stat -c '%a %U' /var/run/hearth-voice)" = '750 hearth'
/etc/init.d/hearth stop

step "removal: no link, no process; configuration and home stay for another time"
/etc/init.d/hearth disable
check "a link stays" test ! -e /etc/rc.d/S95hearth
check "the home is gone" test -s /etc/hearth/network.json
check "the home is for everybody" test "$(stat -c %a /etc/hearth)" = 700
echo "all well"
