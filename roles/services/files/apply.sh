#!/bin/sh
# Puts one host's files in place and brings its units to what the plan says.
#
# Run as root in an unpacked bundle (`apply.sh DIRECTORY`), by one rollout at a time. It may be
# killed anywhere, the machine may lose power: the next run repairs, because
#   - nothing is at its final path before everything has been validated,
#   - the manifest names a file before it exists, so that it is never forgotten,
#   - a restart is written down, durably, before the file that makes it necessary is moved,
#   - a file is replaced by a rename in its own directory, and is never half-written there.
# It goes on when nobody listens any more: the connection may be gone.
#
# plan.tsv, in order: `file INDEX MODE OWNER GROUP PATH RESTARTS RELOADS`, `gone PATH RESTARTS
# RELOADS`, `unit NAME EXECUTABLE KIND`, `stop NAME`, `health UNIT ADDRESS PORT PATH SECONDS`,
# `swap INDEX BINARY ENVIRONMENT-FILES`, `nginx`; `-` stands for nothing, commas separate lists.
set -eu
umask 077
trap '' HUP PIPE
bundle=$1
trap 'rm -rf -- "$bundle"' EXIT
plan=$bundle/plan.tsv
tab=$(printf '\t')
export LC_ALL=C SYSTEMD_COLORS=0 SYSTEMD_PAGER=
. "$bundle/functions.sh"

say() { printf '%s\n' "$*" 2>/dev/null || :; }

fail() {
    printf '%s\n' "$@" >&2 2>/dev/null || :
    exit 1
}

# Tests kill the script at its n-th step to prove that the next run repairs.
steps=0
step() {
    steps=$((steps + 1))
    [ "${LLAMAFLEET_DIE_AT:-0}" -ne "$steps" ] || kill -9 $$
}

flush() { sync -- "$1" 2>/dev/null || sync; }

lines() { # kind: the plan's lines of one kind, without the kind
    sed -n "s/^$1$tab//p" "$plan"
}

list() { # comma-separated -> one a line, `-` -> nothing
    [ "$1" = - ] || printf '%s\n' "$1" | tr ',' '\n'
}

same() { # index mode owner group path: the file is there as it should be
    [ -f "$root$5" ] && [ ! -L "$root$5" ] && cmp -s "$bundle/files/$1" "$root$5" &&
        [ "$(stat -c '%a %U %G' -- "$root$5")" = "$2 $3 $4" ]
}

# --- Validation: with the staged files, before anything is touched ---------------------------

check_units() {
    set --
    mkdir -p "$bundle/check/units"
    while IFS=$tab read -r index mode owner group path restarts reloads; do
        case $path in
        /etc/systemd/system/*.service) ;;
        *) continue ;;
        esac
        cp "$bundle/files/$index" "$bundle/check/units/${path##*/}"
        set -- "$@" "$bundle/check/units/${path##*/}"
    done <"$bundle/file.tsv"
    [ $# -gt 0 ] || return 0
    failed=
    said=$(systemd-analyze verify --man=no --recursive-errors=no "$@" 2>&1) || failed=1
    case $said in # systemd before 250
    *"unrecognized option"*) failed= && said=$(systemd-analyze verify --man=no "$@" 2>&1) || failed=1 ;;
    esac
    # It returns 0 for an unknown key and only says so; other units' troubles are not ours.
    ours=
    for unit in "$@"; do
        ours="$ours$(printf '%s\n' "$said" | grep -F -- "${unit##*/}" || :)"
    done
    [ -z "$failed$ours" ] || fail "$said" "systemd does not accept a unit: nothing was changed"
}

check_nginx() {
    [ -n "$(lines nginx)" ] || return 0
    if ! unshare -m true 2>/dev/null; then
        say "nginx's files are not checked beforehand: no mount namespaces here"
        return 0
    fi
    mkdir -p "$bundle/check" "$root/etc/nginx/conf.d"
    cp -a "$root/etc/nginx/conf.d" "$bundle/check/conf.d"
    while IFS=$tab read -r index mode owner group path restarts reloads; do
        case $path in
        /etc/nginx/conf.d/*) cp "$bundle/files/$index" "$bundle/check/conf.d/${path##*/}" ;;
        esac
    done <"$bundle/file.tsv"
    while IFS=$tab read -r path restarts reloads; do
        case $path in
        /etc/nginx/conf.d/*) rm -f -- "$bundle/check/conf.d/${path##*/}" ;;
        esac
    done <"$bundle/gone.tsv"
    # The new folder lies over the real one in a mount namespace of its own; nobody else sees it.
    said=$(unshare -m sh -c 'mount --bind "$1" "$2" && exec nginx -t -q' sh \
        "$bundle/check/conf.d" "$root/etc/nginx/conf.d" 2>&1) ||
        fail "$said" "nginx does not accept its files: nothing was changed"
}

check_swap() { # index binary environment-files
    # llama-swap has no validate flag. A port that cannot exist makes it load its configuration,
    # which is what can be wrong, and stop at listening.
    say_port=99999
    said=$(
        list "$3" | while IFS= read -r file; do
            file=${file#-}
            staged=$(while IFS=$tab read -r i m o g path rest; do
                [ "$path" != "$file" ] || printf '%s' "$bundle/files/$i"
            done <"$bundle/file.tsv")
            cat -- "${staged:-$root$file}" 2>/dev/null || :
            echo
        done >"$bundle/check/environment"
        while IFS= read -r line; do
            case ${line%%=*} in
            *[!A-Za-z0-9_]* | [0-9]* | '') continue ;;
            esac
            case $line in
            *=*)
                value=${line#*=}
                value=${value#\"}
                export "${line%%=*}=${value%\"}"
                ;;
            esac
        done <"$bundle/check/environment"
        cp "$bundle/files/$1" "$bundle/check/config.yaml"
        timeout 20 "$root$2" -config "$bundle/check/config.yaml" \
            -listen "127.0.0.1:$say_port" 2>&1 </dev/null
    ) || :
    rm -f "$bundle/check/environment"
    case $said in
    *"$say_port"*) ;;
    *) fail "$said" "llama-swap does not accept its configuration: nothing was changed" ;;
    esac
}

check() {
    mkdir -p "$bundle/check"
    check_units
    check_nginx
    lines swap | while IFS=$tab read -r index binary environment; do
        check_swap "$index" "$binary" "$environment"
    done
}

# --- Files -----------------------------------------------------------------------------------

owe() { # restarts reloads
    for unit in $(list "$1"); do : >"$owed/restart@$unit"; done
    for unit in $(list "$2"); do : >"$owed/reload@$unit"; done
}

owe_everything() {
    while IFS=$tab read -r index mode owner group path restarts reloads; do
        same "$index" "$mode" "$owner" "$group" "$path" || owe "$restarts" "$reloads"
    done <"$bundle/file.tsv"
    while IFS=$tab read -r path restarts reloads; do
        [ ! -e "$root$path" ] || owe "$restarts" "$reloads"
    done <"$bundle/gone.tsv"
    for marker in "$owed"/*; do
        [ ! -e "$marker" ] || flush "$marker"
    done
    flush "$owed"
}

put_manifest() { # file: the state's own file, by the same way as the others
    cp "$bundle/$1" "$state/.manifest.json.llamafleet-new"
    flush "$state/.manifest.json.llamafleet-new"
    mv -fT "$state/.manifest.json.llamafleet-new" "$state/manifest.json"
    flush "$state"
}

stop_units() {
    lines stop | while IFS= read -r unit; do
        systemctl disable --now --quiet -- "$unit" 2>/dev/null || systemctl stop -- "$unit" 2>/dev/null || :
        rm -f "$owed/restart@$unit" "$owed/reload@$unit" "$owed/health@$unit"
        say "stopped $unit"
    done
}

put() { # index mode owner group path
    folder=$root${5%/*}
    fresh=$folder/.${5##*/}.llamafleet-new
    (umask 022 && mkdir -p -- "$folder")
    rm -f -- "$fresh"
    cp -- "$bundle/files/$1" "$fresh"
    chown -- "$3:$4" "$fresh"
    chmod -- "$2" "$fresh"
    flush "$fresh"
    step
    mv -fT -- "$fresh" "$root$5"
    flush "$folder"
    say "put $5"
}

put_files() {
    while IFS=$tab read -r index mode owner group path restarts reloads; do
        rm -f -- "$root${path%/*}/.${path##*/}.llamafleet-new"
        same "$index" "$mode" "$owner" "$group" "$path" || {
            put "$index" "$mode" "$owner" "$group" "$path"
            step
        }
    done <"$bundle/file.tsv"
    while IFS=$tab read -r path restarts reloads; do
        rm -f -- "$root${path%/*}/.${path##*/}.llamafleet-new"
        [ ! -e "$root$path" ] || {
            rm -f -- "$root$path"
            flush "$root${path%/*}"
            say "removed $path"
            step
        }
    done <"$bundle/gone.tsv"
}

# --- Units -----------------------------------------------------------------------------------

journal() { # unit: why it does not run
    journalctl -u "$1" -n 15 --no-pager -o cat 2>/dev/null | sed 's/^/    /' >&2 || :
}

answers() { # address port path: 200 for path; a connection where the path is `-`
    timeout 5 bash -c '
        exec 3<>"/dev/tcp/$1/$2" || exit 1
        [ "$3" != - ] || exit 0
        printf "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n" "$3" "$1" >&3
        read -r version status rest <&3 && [ "$status" = 200 ]
    ' bash "$1" "$2" "$3" 2>/dev/null
}

await() { # unit address port path seconds
    waited=0
    until answers "$2" "$3" "$4"; do
        case $(property "$1" ActiveState) in
        failed | inactive)
            journal "$1"
            fail "$1 does not stay up: its last words are above"
            ;;
        esac
        restarts=$(property "$1" NRestarts)
        [ "${restarts:-0}" -lt 3 ] || {
            journal "$1"
            fail "$1 ends again and again: its last words are above"
        }
        [ "$waited" -lt "$5" ] || {
            journal "$1"
            fail "$1 does not answer on $2 port $3 after $5 s: its last words are above"
        }
        [ $((waited % 10)) -ne 9 ] || say "waiting for $1 to answer on port $3 ($waited s)"
        sleep 1
        waited=$((waited + 1))
    done
    [ "$waited" -lt 3 ] || say "$1 answers after $waited s"
}

settle() { # unit: what was started must answer before the next one is touched
    : >"$owed/health@$1"
    flush "$owed"
    rm -f "$owed/restart@$1" "$owed/reload@$1"
    step
}

prove() { # unit
    [ -e "$owed/health@$1" ] || return 0
    lines health | while IFS=$tab read -r unit address port path seconds; do
        [ "$unit" != "$1" ] || await "$unit" "$address" "$port" "$path" "$seconds"
    done
    rm -f "$owed/health@$1"
}

act() { # verb unit
    systemctl "$1" -- "$2" || {
        journal "$2"
        fail "systemctl $1 $2 failed: the last words of $2 are above"
    }
    case $1 in
    restart) say "restarted $2" ;;
    start) say "started $2" ;;
    reload) say "reloaded $2" ;;
    esac
    step
}

bring_up() { # unit executable kind
    case $(property "$1" UnitFileState) in
    enabled | enabled-runtime | static | alias | generated) ;;
    *) [ "$3" = leave ] || {
        systemctl enable --quiet -- "$1" || fail "systemctl enable $1 failed"
        say "enabled $1"
        step
    } ;;
    esac
    active=$(property "$1" ActiveState)
    if [ "$3" = leave ]; then # not ours any more, but it had a file of ours
        [ ! -e "$owed/reload@$1" ] || [ "$active" != active ] || act reload "$1"
        rm -f "$owed"/*@"$1"
        return 0
    fi
    if [ "$active" != active ]; then
        systemctl reset-failed -- "$1" 2>/dev/null || :
        # One that is just starting may be doing so with the old files.
        if [ "$active" = activating ] && [ -e "$owed/restart@$1" ]; then
            act restart "$1"
        else
            act start "$1"
        fi
        settle "$1"
    elif [ -e "$owed/restart@$1" ] || ! is_current "$1" "$2"; then
        act restart "$1"
        settle "$1"
    elif [ -e "$owed/reload@$1" ]; then
        act reload "$1"
        settle "$1"
    fi
    prove "$1"
}

units() {
    systemctl daemon-reload
    step
    lines unit >"$bundle/unit.tsv"
    while IFS=$tab read -r unit executable kind; do
        bring_up "$unit" "$executable" "$kind" </dev/null
    done <"$bundle/unit.tsv"
}

# --- In order --------------------------------------------------------------------------------

lines file >"$bundle/file.tsv"
lines gone >"$bundle/gone.tsv"
mkdir -p -- "$owed"
check
step
put_manifest manifest-while-working.json
step
owe_everything
step
stop_units
step
put_files
units
# A marker of a unit that nobody plans any more would be owed for ever.
for marker in "$owed"/*; do
    [ ! -e "$marker" ] || rm -f -- "$marker"
done
put_manifest manifest.json
step
