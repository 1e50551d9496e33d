#!/bin/sh
# Puts the real server web2 of the cluster web in place. Made by `lvsconf build`: change the cluster file instead.
#
#   realserver.sh apply    load the files beside this script; when anything fails, put everything back and exit with 1
#   realserver.sh revert   put back what was there before the last apply that changed something
#   realserver.sh check    name what differs from the files, and exit with 1 when anything does
set -eu
umask 077
LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL PATH

host=web2
# It is the running state that is kept, so it may go with a reboot.
state=${LVSCONF_STATE:-/run/lvsconf}/$host
dir=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
failed=0

say() {
    printf '%s: %s\n' "$host" "$*" >&2
}

die() {
    say "$@"
    exit 1
}

differs() {
    say "differs: $*"
    failed=1
}

# ---- what this host has and gets -----------------------------------------------------------------------------

# The host's own addresses. They must be there: this is how the script knows that it runs where it should.
each_own_address() {
    "$1" address 10.0.0.3/24 eth0 - || return
}

# The addresses and routes that the cluster adds.
each_item() {
    "$1" address 192.0.2.100/32 lo - || return
    "$1" route 0.0.0.0/0 eth0 10.0.0.254 || return
    return 0
}

each_table() {
    "$1" filter || return
}

# ---- what only a real server has -----------------------------------------------------------------------------

prepare() { :; }

save_own() { :; }

load_own() { :; }

restore_own() { :; }

check_own() { :; }

restore_settings() {
    each_setting "$1/sysctl.conf" restore_setting
}

# ---- iptables --------------------------------------------------------------------------------------------------

plain_rules() {
    sed -e '/^#/d' -e 's/ \[[0-9]*:[0-9]*\]$//' -e 's/ -p 4 / -p ipencap /'
}

table_rules() {
    iptables-save -t "$1"
}

table_rules_with_counters() {
    iptables-save -c -t "$1"
}

# ---- sysctl ----------------------------------------------------------------------------------------------------

each_setting() {
    while read -r key _ value; do
        "$2" "$key" "$value" || return
    done <"$1"
}

save_setting() {
    now=$(sysctl -n "$1") && printf '%s = %s\n' "$1" "$now"
}

put_setting() {
    [ "$(sysctl -n "$1")" = "$2" ] || sysctl -q -w "$1=$2"
}

restore_setting() {
    put_setting "$@" || failed=1
}

check_setting() {
    now=$(sysctl -n "$1") || now='not there'
    [ "$now" = "$2" ] || differs "$1 is $now, not $2"
}

# ---- addresses and routes: items of four words, `address ADDRESS DEVICE -` or `route DESTINATION DEVICE GATEWAY` ------

has_item() {
    case $1 in
        address) ip -4 -o address show dev "$3" 2>/dev/null | grep -F -q " inet $2 " ;;
        route) [ -n "$(ip -4 route show table main exact "$2" via "$4" dev "$3")" ] ;;
    esac
}

put_item() {
    if has_item "$@"; then return 0; fi
    case $1 in
        address) ip -4 address add "$2" dev "$3" ;;
        route) ip -4 route replace "$2" via "$4" dev "$3" ;;
    esac
}

drop_item() {
    if ! has_item "$@"; then return 0; fi
    case $1 in
        address) ip -4 address del "$2" dev "$3" ;;
        route) ip -4 route del "$2" via "$4" dev "$3" ;;
    esac
}

check_item() {
    has_item "$@" || differs "there is no $*"
}

require_item() {
    has_item "$@" || die "this host has no $2 on $3: is it the right one?"
}

save_item() {
    if has_item "$@"; then had=yes; else had=no; fi
    printf '%s %s\n' "$had" "$*"
}

print_item() {
    printf '%s\n' "$*"
}

# What earlier versions of the cluster added and this one doesn't want any more goes.
drop_unwanted() {
    each_item print_item | grep -F -x -q "$*" || drop_item "$@"
}

# An item is the cluster's own when it wasn't there before.
print_claimed() {
    if grep -F -x -q "no $*" "$layer/items" || grep -F -x -q "$*" "$layer/claimed"; then
        print_item "$@"
    fi
}

each_claimed() {
    while read -r kind what device gateway; do
        "$1" "$kind" "$what" "$device" "$gateway" || return
    done <"$state/claimed"
}

# ---- the whole -------------------------------------------------------------------------------------------------

check_rules() {
    [ "$(each_table table_rules | plain_rules)" = "$(plain_rules <"$dir/iptables.rules")" ] || differs 'the iptables rules'
}

check_rest() {
    each_setting "$dir/sysctl.conf" check_setting
    each_item check_item
    check_own
}

is_in_place() {
    failed=0
    check_rules
    check_rest
    [ "$failed" -eq 0 ]
}

# All that `load` may change, as it is now.
save() {
    each_table table_rules_with_counters >"$1/iptables.rules"
    each_setting "$dir/sysctl.conf" save_setting >"$1/sysctl.conf"
    ip -4 route save table main >"$1/routes"
    cp -- "$state/claimed" "$1/claimed"
    each_item save_item >"$1/items"
    each_claimed save_item >>"$1/items"
    save_own "$1"
}

# Addresses come last: until then nobody asks this host for them.
load() {
    iptables-restore -w --test <"$dir/iptables.rules"
    each_setting "$dir/sysctl.conf" put_setting
    iptables-restore -w <"$dir/iptables.rules"
    load_own
    each_item put_item
    each_claimed drop_unwanted
    each_item print_claimed >"$state/claimed.new"
    mv -f -- "$state/claimed.new" "$state/claimed"
    failed=0
    check_rest
    [ "$failed" -eq 0 ]
}

# Goes on after a failure, to put back as much as it can. Addresses go first.
restore() {
    failed=0
    while read -r had kind what device gateway; do
        if [ "$had" = yes ]; then
            put_item "$kind" "$what" "$device" "$gateway" || failed=1
        else
            drop_item "$kind" "$what" "$device" "$gateway" || failed=1
        fi
    done <"$1/items"
    # routes that are still there are no error, but ip says so
    ip -4 route restore <"$1/routes" 2>/dev/null || failed=1
    restore_own "$1"
    iptables-restore -w -c <"$1/iptables.rules" || failed=1
    restore_settings "$1"
    cp -- "$1/claimed" "$state/claimed" || failed=1
    [ "$failed" -eq 0 ]
}

roll_back() {
    trap - EXIT
    trap '' HUP INT TERM
    say 'failed; putting everything back'
    if restore "$layer"; then
        rm -rf -- "$layer"
    else
        say "not everything could be put back; what was there before is in $layer"
    fi
    exit 1
}

apply() {
    each_own_address require_item
    prepare
    if is_in_place 2>/dev/null; then
        say 'already in place'
        return 0
    fi
    mkdir -p -- "$state"
    [ -e "$state/claimed" ] || : >"$state/claimed"
    number=1
    while [ -e "$state/$number" ]; do number=$((number + 1)); done
    layer=$state/$number
    mkdir -- "$layer"
    trap 'rm -rf -- "$layer"; say "the running state could not be saved; nothing was changed"' EXIT
    save "$layer"
    trap roll_back EXIT
    trap 'exit 1' HUP INT TERM
    load
    trap - EXIT HUP INT TERM
    say 'in place'
}

revert() {
    number=0
    while [ -e "$state/$((number + 1))" ]; do number=$((number + 1)); done
    [ "$number" -gt 0 ] || die 'nothing to put back'
    layer=$state/$number
    restore "$layer" || die "not everything could be put back; what was there before is in $layer"
    rm -rf -- "$layer"
    say 'put back'
}

[ "$(id -u)" -eq 0 ] || die 'only root can do this'
for file in iptables.rules ipvsadm.rules sysctl.conf; do
    [ -r "$dir/$file" ] || die "$dir/$file is missing"
done
case ${1-} in
    apply) apply ;;
    revert) revert ;;
    check) is_in_place ;;
    *)
        say "usage: ${0##*/} apply | revert | check"
        exit 2
        ;;
esac
