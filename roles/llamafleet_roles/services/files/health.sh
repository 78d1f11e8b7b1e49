# Checks that a unit works: its own process listens, answers, and stays the same. Sourced by
# apply.sh.

journal() { # unit: its last log lines
    journalctl -u "$1" -n 15 --no-pager -o cat 2>/dev/null | sed 's/^/    /' >&2 || :
    # nginx logs there, and not into the journal, why it could not bind.
    [ "$1" != nginx.service ] ||
        { tail -n 50 "$root/var/log/nginx/error.log" 2>/dev/null | grep -F '[emerg]' |
            tail -n 5 | sed 's/^/    /' >&2; } || :
}

answers() { # address port path: HTTP 200 for path; a TCP connection if the path is `-`
    timeout 5 bash -c '
        exec 3<>"/dev/tcp/$1/$2" || exit 1
        [ "$3" != - ] || exit 0
        printf "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n" "$3" "$1" >&3
        read -r version status rest <&3 && [ "$status" = 200 ]
    ' bash "$1" "$2" "$3" 2>/dev/null
}

life() { # unit: a text that changes with its main process
    printf '%s %s' "$(property "$1" MainPID)" "$(property "$1" NRestarts)"
}

stranger_at() { # unit wanted: the process of another unit that listens there, or nothing
    stranger=$(printf '%s %s\n' "$1" "$2" | listening | strangers | head -n 1)
    [ -n "$stranger" ] || return 0
    pid=${stranger##* }
    [ "$pid" != 0 ] || { printf 'a process outside this system' && return 0; }
    who=$(described "$pid")
    place=$(cgroup_of "$pid")
    printf '%s, process %s of user %s, in %s' \
        "$(printf '%s' "$who" | cut -f 2)" "$pid" "${who%%"$tab"*}" "${place##*/}"
}

listens() { # unit wanted: the unit listens there, and no other process does
    [ -n "$(printf '%s %s\n' "$1" "$2" | listening)" ] && [ -z "$(stranger_at "$1" "$2")" ]
}

give_up() { # unit message
    journal "$1"
    fail "$2; its last log lines are above"
}

await() { # unit address port path seconds wanted
    waited=0
    foreign=0
    while :; do
        before=$(life "$1")
        if listens "$1" "$6" && answers "$2" "$3" "$4" && [ "$(life "$1")" = "$before" ]; then
            break
        fi
        case $(property "$1" ActiveState) in
        failed | inactive) give_up "$1" "$1 does not stay up" ;;
        esac
        restarts=$(property "$1" NRestarts)
        [ "${restarts:-0}" -lt 3 ] || give_up "$1" "$1 keeps restarting"
        who=$(stranger_at "$1" "$6")
        # The first time, it may be a process that is just ending.
        if [ -n "$who" ]; then foreign=$((foreign + 1)); else foreign=0; fi
        [ "$foreign" -lt 3 ] || give_up "$1" "port $3 of $1 is held by $who"
        [ "$waited" -lt "$5" ] || give_up "$1" "$1 did not answer on $2 port $3 within $5 s"
        [ $((waited % 10)) -ne 9 ] || say "waiting for $1 to answer on port $3 ($waited s)"
        sleep 1
        waited=$((waited + 1))
    done
    [ "$waited" -lt 3 ] || say "$1 answered after $waited s"
}

prove() { # unit
    [ -e "$owed/health@$1" ] || return 0
    lines health | while IFS=$tab read -r unit address port path seconds wanted; do
        [ "$unit" != "$1" ] || await "$unit" "$address" "$port" "$path" "$seconds" "$wanted"
    done
    printf '%s\t%s\n' "$1" "$(life "$1")" >>"$bundle/proven.tsv"
    rm -f "$owed/health@$1"
}

stay_up() { # each unit that has answered still has the same main process
    [ -s "$bundle/proven.tsv" ] || return 0
    sleep 1
    while IFS=$tab read -r unit before; do
        [ "$(property "$unit" ActiveState)" = active ] && [ "$(life "$unit")" = "$before" ] || {
            : >"$owed/health@$unit"
            give_up "$unit" "$unit answered, but did not stay up"
        }
    done <"$bundle/proven.tsv"
}
