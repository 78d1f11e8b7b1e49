# Finds the processes that listen on TCP ports. Sourced by the probe and by apply.sh.
#
# A wanted socket is written `FAMILY:ADDRESS:PORT` in the digits of /proc/net/tcp: the family is 4,
# 6, or `any` for a socket that accepts both, whose address is `-`.

six_only() { # inodes of the listening sockets with IPV6_V6ONLY, which /proc does not show
    ss -Hltn6e 2>/dev/null | sed -n 's/.* ino:\([0-9]*\) .*v6only:1.*/\1/p'
}

overlapping() { # wanted...: `WANTED INODE` for each listening socket that overlaps with it
    # Without IPv6 there is no tcp6.
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
        awk -v wanted="$*" -v six_only="$(six_only | tr '\n' ' ')" '
        BEGIN {
            count = split(wanted, want, " ")
            many = split(six_only, inode, " ")
            for (i = 1; i <= many; i++) only[inode[i]] = 1
            none6 = "00000000000000000000000000000000"
        }
        $4 == "0A" {
            split($2, at, ":")
            address = at[1]
            family = length(address) == 8 ? 4 : 6
            if (substr(address, 1, 24) == "0000000000000000FFFF0000" && family == 6) {
                address = substr(address, 25)
                family = 4
            }
            wild = family == 4 ? "00000000" : none6
            both = family == 6 && address == none6 && !($10 in only)
            for (i = 1; i <= count; i++) {
                split(want[i], part, ":")
                if (part[3] != at[2]) continue
                mine = part[1] == family && (part[2] == address || part[2] == wild || address == wild)
                if (part[1] == "any" || both || mine) print want[i], $10
            }
        }'
}

holders() { # inode...: `INODE PID` for each process that has one of these sockets open
    # shellcheck disable=SC2012 # find has no -lname everywhere, and these names are plain
    ls -l /proc/[0-9]*/fd 2>/dev/null | awk -v inodes="$*" '
        BEGIN {
            count = split(inodes, inode, " ")
            for (i = 1; i <= count; i++) wanted["socket:[" inode[i] "]"] = inode[i]
        }
        /^\/proc\/[0-9]+\/fd:$/ { split($0, part, "/"); pid = part[3]; next }
        ($NF in wanted) && !((wanted[$NF], pid) in seen) {
            seen[wanted[$NF], pid] = 1
            print wanted[$NF], pid
        }'
}

listening() { # standard input: `UNIT WANTED`; output: `UNIT WANTED INODE` for listening sockets
    asked=$(cat)
    found=$(overlapping $(printf '%s\n' "$asked" | cut -d ' ' -f 2 | sort -u))
    printf '%s\n' "$asked" | while read -r unit wanted; do
        printf '%s\n' "$found" | sed -n "s/^$wanted /$unit $wanted /p"
    done
}

strangers() { # standard input: `UNIT WANTED INODE`; output: `UNIT WANTED PID` for other units'
    sockets=$(cat)
    [ -n "$sockets" ] || return 0
    held=$(holders $(printf '%s\n' "$sockets" | cut -d ' ' -f 3 | sort -u))
    last= pids=
    printf '%s\n' "$sockets" | while read -r unit wanted inode; do
        [ "$unit" = "$last" ] || pids=" $(processes "$unit" | tr '\n' ' ')"
        last=$unit
        # If control groups are mounted elsewhere, only their names can be compared.
        place=
        [ "$pids" != " " ] || place=$(property "$unit" ControlGroup)
        owners=$(printf '%s\n' "$held" | sed -n "s/^$inode //p")
        # A socket may be open in several processes, such as systemd for a socket unit.
        own=
        for pid in $owners; do
            case $pids in *" $pid "*) own=yes ;; esac
            [ -z "$place" ] || case "$(cgroup_of "$pid")/" in *"$place"/*) own=yes ;; esac
        done
        [ -n "$own" ] || for pid in ${owners:-0}; do
            printf '%s %s %s\n' "$unit" "$wanted" "$pid"
        done
    done
}

cgroup_of() { # pid: its control group
    sed -n 's/^[0-9]*:name=systemd://p; s/^0:://p' "/proc/$1/cgroup" 2>/dev/null |
        awk '{ if (length($0) > length(best)) best = $0 } END { print best }'
}

described() { # pid: tab-separated user, program, control group and the unit's FragmentPath
    place=$(cgroup_of "$1")
    printf '%s\t%s\t%s\t%s\n' "$(stat -c %U "/proc/$1" 2>/dev/null)" \
        "$(tr -d '\t\n' <"/proc/$1/comm" 2>/dev/null)" "$place" "$(property "${place##*/}" FragmentPath)"
}
