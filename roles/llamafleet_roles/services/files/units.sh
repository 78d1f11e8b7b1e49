# Starts, restarts and reloads units, one after the other. Sourced by apply.sh.

settle() { # unit verb: the unit must answer before the next one is changed
    # An nginx that could not listen on a port keeps its old configuration: it must be reloaded again,
    # not only checked again.
    printf '%s\n' "$2" >"$owed/health@$1"
    flush "$owed"
    rm -f "$owed/restart@$1" "$owed/reload@$1"
    step
}

act() { # verb unit
    systemctl "$1" -- "$2" || {
        journal "$2"
        fail "systemctl $1 $2 failed; the last log lines of $2 are above"
    }
    case $1 in
    restart) say "restarted $2" ;;
    start) say "started $2" ;;
    stop) say "stopped $2" ;;
    reload) say "reloaded $2" ;;
    esac
    step
}

make_room() { # unit: units that leave its ports in this rollout do so now
    lines socket | sed -n "s/^$1$tab/$1 /p" | listening | strangers | sort -u >"$bundle/room.tsv"
    while read -r unit wanted pid; do
        place=$(cgroup_of "$pid")/
        while IFS=$tab read -r other executable kind; do
            case $place in
            */"$other"/*) leave_port "$other" "$kind" ;;
            esac
        done <"$bundle/unit.tsv"
    done <"$bundle/room.tsv"
}

leave_port() { # unit kind
    if [ "$2" = ours ] && [ -e "$owed/restart@$1" ]; then
        # It is started later, with its new port.
        [ "$(property "$1" ActiveState)" != active ] || act stop "$1"
    elif [ -e "$owed/reload@$1" ]; then
        act reload "$1"
        settle "$1" reload
    fi
}

is_owed_reload() { # unit
    [ -e "$owed/reload@$1" ] || [ "$(cat "$owed/health@$1" 2>/dev/null)" = reload ]
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
    if [ "$3" = leave ]; then # a unit of a package that had a file of ours
        [ ! -e "$owed/reload@$1" ] || [ "$active" != active ] || act reload "$1"
        rm -f "$owed"/*@"$1"
        return 0
    fi
    if [ "$active" != active ]; then
        make_room "$1"
        systemctl reset-failed -- "$1" 2>/dev/null || :
        # A unit that is just starting may have read the old files.
        if [ "$active" = activating ] && [ -e "$owed/restart@$1" ]; then
            act restart "$1"
        else
            act start "$1"
        fi
        settle "$1" start
    elif [ -e "$owed/restart@$1" ] || ! is_current "$1" "$2"; then
        make_room "$1"
        act restart "$1"
        settle "$1" restart
    elif is_owed_reload "$1"; then
        act reload "$1"
        settle "$1" reload
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
    stay_up
}
