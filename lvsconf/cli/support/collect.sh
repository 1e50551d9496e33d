#!/bin/sh
# Writes a snapshot of this host for lvsconf: what it is configured with, one file for each thing.
#
#     sh collect.sh [DIRECTORY | FILE.tar]        the default is ./HOSTNAME.tar
#
# Nothing on the host is changed: no kernel module is loaded, nothing is written but the snapshot.
# What cannot be read is left out, which lvsconf takes as unknown, and is named on standard error.
# Passwords in the configuration of daemons are replaced.
set -u
umask 077
LC_ALL=C
export LC_ALL
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

# Where the kernel and the daemons are looked at; only the tests of this script look elsewhere.
proc=${LVSCONF_PROC:-/proc}
etc=${LVSCONF_ETC:-/etc}
modules=${LVSCONF_MODULES:-/lib/modules}

say() {
    printf 'collect: %s\n' "$*" >&2
}

target=${1:-$(uname -n).tar}
case $target in
    -*)
        say "usage: collect.sh [DIRECTORY | FILE.tar]"
        exit 2
        ;;
    *.tar) ;;
    *)
        # What an older snapshot knew must not pass for known now.
        if [ -d "$target" ] && [ -n "$(ls -A "$target")" ]; then
            say "$target is not empty"
            exit 2
        fi
        ;;
esac
work=$(mktemp -d "${TMPDIR:-/tmp}/lvsconf.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
snapshot=$work/snapshot
mkdir "$snapshot" || exit 2

# keep FILE COMMAND...: the file holds what the command prints. A command that fails leaves no file behind, since
# an empty file would say that there is nothing.
keep() {
    file=$1
    shift
    if ! command -v "$1" >/dev/null 2>&1; then
        say "$file is left out: $1 is not installed"
        return
    fi
    if "$@" >"$work/output" 2>"$work/errors"; then
        # iptables-save says on standard error that its dump is not all there is; lvsconf has to know.
        grep '^# ' "$work/errors" >>"$work/output"
        mv "$work/output" "$snapshot/$file"
    else
        say "$file is left out: $* failed: $(head -n 1 "$work/errors")"
    fi
}

# none FILE WHY: known to be empty.
none() {
    say "$1 is empty: $2"
    : >"$snapshot/$1"
}

# loaded MODULE: 0 when the kernel has it, 1 when it does not, 2 when that cannot be told. Tools that talk to the
# kernel through netlink would have it load the module; a kernel without /proc/modules has none to load.
loaded() {
    if [ ! -e "$proc/modules" ]; then
        [ -e "$proc/net/dev" ] || return 2
        return 0
    fi
    if grep -q "^$1 " "$proc/modules"; then
        return 0
    fi
    built_in=$modules/$(uname -r)/modules.builtin
    [ -r "$built_in" ] || return 2
    grep -q "/$1\.ko" "$built_in"
}

# keep_with MODULE FILE COMMAND...
keep_with() {
    module=$1
    shift
    loaded "$module"
    case $? in
        0) keep "$@" ;;
        1) none "$1" "the kernel has not loaded $module" ;;
        *) say "$1 is left out: whether the kernel has $module cannot be told" ;;
    esac
}

# Rules. The legacy variants look at the tables that are loaded; the nft ones would load nf_tables.
for tool in iptables ip6tables; do
    case $("$tool-save" -V 2>/dev/null) in
        *nf_tables*) keep_with nf_tables "$tool.rules" "$tool-save" -c ;;
        *) keep "$tool.rules" "$tool-save" -c ;;
    esac
done

# IPVS. ipvsadm would load ip_vs.
if [ -e "$proc/net/ip_vs" ]; then
    keep ipvsadm.rules ipvsadm-save -n
    keep ipvsadm-thresholds ipvsadm -Ln --thresholds
    keep ipvsadm-timeout ipvsadm -Ln --timeout
    keep ipvsadm-daemon ipvsadm -Ln --daemon
elif [ -e "$proc/net/dev" ]; then
    none ipvsadm.rules "the kernel has not loaded ip_vs"
else
    say "ipvsadm.rules is left out: $proc/net cannot be read"
fi

keep_with ip_set ipset.rules ipset save

# Of the settings only those of the network, and none of its keys.
network_settings() {
    sysctl -a >"$work/sysctl" 2>"$work/sysctl-errors"
    sed -n -e '/^net\.[^ ]*\.stable_secret /d' -e '/^net\.[^ ]*fastopen_key /d' -e '/^net\./p' "$work/sysctl" \
        >"$work/network"
    # sysctl fails for single settings that only root or nobody may read.
    if [ ! -s "$work/network" ]; then
        cat "$work/sysctl-errors" >&2
        return 1
    fi
    cat "$work/network"
}
if command -v sysctl >/dev/null 2>&1; then
    keep sysctl.conf network_settings
else
    say "sysctl.conf is left out: sysctl is not installed"
fi

keep ip-address.json ip -j address
keep ip-route.json ip -4 -j route show table all
keep ip-rule.json ip -4 -j rule
if [ -e "$proc/net/if_inet6" ]; then
    keep ip6-route.json ip -6 -j route show table all
    keep ip6-rule.json ip -6 -j rule
else
    say "ip6-route.json and ip6-rule.json are left out: the kernel has no IPv6"
fi
keep sockets ss -Hlntu
keep modules lsmod
keep uname uname -r

# conceal FILE: the file without its passwords. A password may stand in a definition ($NAME=...) that the
# configuration uses where a password belongs, so names are gathered in a first reading.
conceal() {
    awk '
        function concealed(line,    rest) {
            rest = substr(line, RSTART + RLENGTH)
            line = substr(line, 1, RSTART + RLENGTH - 1)
            # Braces that close a block on the same line stay.
            if (rest ~ /^[ \t}]*$/) return line rest
            if (match(rest, /[ \t]+[ \t}]*$/)) return line "REDACTED" substr(rest, RSTART)
            return line "REDACTED"
        }
        BEGIN {
            keyword = "(auth_pass|auth_key|password|passwd|secret)[ \t]*[= \t][ \t]*"
        }
        FNR == NR {
            if (match($0, keyword)) {
                rest = substr($0, RSTART + RLENGTH)
                while (match(rest, /\$[{]?[A-Za-z_][A-Za-z0-9_]*/)) {
                    name = substr(rest, RSTART, RLENGTH)
                    sub(/^\$[{]?/, "", name)
                    secret[name] = 1
                    rest = substr(rest, RSTART + RLENGTH)
                }
            }
            next
        }
        match($0, keyword) { print concealed($0); next }
        match($0, /^[ \t]*\$[A-Za-z_][A-Za-z0-9_]*[ \t]*=[ \t]*/) {
            name = substr($0, RSTART, RLENGTH)
            gsub(/[^A-Za-z0-9_]/, "", name)
            if (name in secret) { print concealed($0); continued = /\\$/; next }
        }
        # A definition may go on in the next line.
        continued { continued = /\\$/; print "REDACTED"; next }
        { print }
    ' "$1" "$1"
}

for file in "$etc"/keepalived/*.conf "$etc"/ha.d/ldirectord.cf "$etc"/ldirectord.cf; do
    [ -e "$file" ] || continue
    name=${file##*/}
    if [ -e "$snapshot/$name" ]; then
        say "$file is left out: there is a $name already"
    elif [ -r "$file" ] && conceal "$file" >"$work/output"; then
        mv "$work/output" "$snapshot/$name"
    else
        say "$name is left out: $file cannot be read"
    fi
done

cd "$snapshot" || exit 2
case $target in
    *.tar) ;;
    *)
        cd "$OLDPWD" || exit 2
        mkdir -p "$target" && cp "$snapshot"/* "$target"/ || exit 2
        say "wrote $target"
        exit 0
        ;;
esac
set -- *
cd "$OLDPWD" || exit 2
tar -cf "$work/snapshot.tar" -C "$snapshot" "$@" && mv "$work/snapshot.tar" "$target" || exit 2
say "wrote $target"
