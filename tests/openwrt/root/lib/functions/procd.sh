# A stand-in for OpenWrt's /lib/functions/procd.sh: collects an instance's parameters and calls
# `ubus call service set` with the JSON that procd gets.
# shellcheck shell=dash disable=SC3043

_quote() { printf '"%s"' "$(printf '%s' "$1" | sed 's/\\/\\\\/g; s/"/\\"/g')"; }
_add() { # VARIABLE TEXT: with a comma between
	eval "$1=\"\${$1}\${$1:+,}\$2\""
}

procd_open_service() {
	_service="$1"; _script="$2"; _instances=''; _triggers=''
}
procd_open_instance() {
	_instance="$1"; _plain=''; _env=''; _limits=''; _command=''; _file=''; _mounts=''; _jail=''; _data=''; _respawn=''
}
procd_append_param() { procd_set_param "$@"; }
procd_set_param() {
	local kind="$1" each
	shift
	case "$kind" in
	command|file|respawn)
		for each in "$@"; do _add "_$kind" "$(_quote "$each")"; done ;;
	env|limits)
		for each in "$@"; do _add "_$kind" "$(_quote "${each%%=*}"):$(_quote "${each#*=}")"; done ;;
	nice|term_timeout) _add _plain "\"$kind\":$1" ;;
	stdout|stderr|no_new_privs) _add _plain "\"$kind\":true" ;;
	*) _add _plain "\"$kind\":$(_quote "$1")" ;;
	esac
}
procd_add_jail() {
	local each
	_jail="\"name\":\"$1\""
	shift
	for each in "$@"; do _add _jail "\"$each\":true"; done
}
procd_add_jail_mount() { for each in "$@"; do _add _mounts "$(_quote "$each"):\"0\""; done; }
procd_add_jail_mount_rw() { for each in "$@"; do _add _mounts "$(_quote "$each"):\"1\""; done; }
procd_open_data() { _data='{'; }
procd_close_data() { _data="$_data}"; }
procd_add_mdns_service() { _data="$_data\"service\":\"_$1._$2.local\",\"port\":$3"; }
json_add_object() { [ -z "$1" ] && { _data="$_data{"; return; }; _data="$(_comma)\"$1\":{"; }
json_add_array() { _data="$(_comma)\"$1\":["; }
json_add_string() { _data="$(_comma)\"$1\":$(_quote "$2")"; }
json_close_object() { _data="$_data}"; }
json_close_array() { _data="$_data]"; }
_comma() {
	case "$_data" in
	*'{'|*'['|'') printf '%s' "$_data" ;;
	*) printf '%s,' "$_data" ;;
	esac
}
procd_close_instance() {
	local all=''
	_add all "\"command\":[$_command]"
	_add all "\"env\":{$_env}"
	_add all "\"limits\":{$_limits}"
	_add all "\"file\":[$_file]"
	_add all "\"respawn\":[$_respawn]"
	[ -z "$_jail" ] || _add all "\"jail\":{$_jail,\"mount\":{$_mounts}}"
	[ -z "$_data" ] || _add all "\"data\":$_data"
	[ -z "$_plain" ] || _add all "$_plain"
	_add _instances "\"$_instance\":{$all}"
}
procd_add_reload_trigger() { _add _triggers "$(_quote "config.change $1")"; }
procd_add_reload_interface_trigger() { _add _triggers "$(_quote "interface $1")"; }
procd_close_service() {
	service_triggers
	ubus call service set "{\"name\":\"$_service\",\"script\":\"$_script\",\"instances\":{$_instances},\"triggers\":[$_triggers]}"
}
procd_kill() { ubus call service delete "{\"name\":\"$1\"}"; }
procd_set_config_changed() { ubus call service event "{\"type\":\"config.change\",\"data\":{\"package\":\"$1\"}}"; }
