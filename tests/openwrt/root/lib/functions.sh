# A stand-in for OpenWrt's /lib/functions.sh. `uci vars` prints what a package says as calls of
# `section` and `item`.
# shellcheck shell=dash disable=SC2034

config_load() {
	SECTIONS=''
	eval "$(uci vars "$1")"
}

section() { # TYPE NAME
	SECTIONS="$SECTIONS $2"
	eval "TYPE_$2=\$1"
}

item() { # SECTION OPTION VALUE
	eval "VALUE_$1_$2=\$3"
}

# OpenWrt's has these two local variables, which hide a caller's.
config_foreach() { # FUNCTION TYPE
	local section cfgtype
	for section in $SECTIONS; do
		eval "cfgtype=\$TYPE_$section"
		[ "$cfgtype" != "$2" ] || "$1" "$section"
	done
}

config_get() { # VARIABLE SECTION OPTION [DEFAULT]
	eval "$1=\${VALUE_$2_$3:-\$4}"
}

get_bool() {
	case "$1" in
	1|on|true|yes|enabled) echo 1 ;;
	0|off|false|no|disabled) echo 0 ;;
	*) echo "$2" ;;
	esac
}
