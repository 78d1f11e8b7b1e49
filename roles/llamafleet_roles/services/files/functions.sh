# Sourced by the probe and by apply.sh. POSIX sh: a host needs no Python for this.
# LLAMAFLEET_ROOT is a directory to use as root; only tests set it.

PATH=$PATH:/usr/sbin:/sbin
root=${LLAMAFLEET_ROOT:-}
state=$root/var/lib/llamafleet
owed=$state/owed
builds=$root/opt/llamafleet/llama.cpp
generations=$state/generations

property() { # unit name: one property of a unit, empty without systemd
    systemctl show -p "$2" --value -- "$1" 2>/dev/null || :
}

program_path() { # executable: its path; a name without a slash is searched on the PATH
    case $1 in
    */*) printf '%s\n' "$root$1" ;;
    *) command -v -- "$1" 2>/dev/null || : ;;
    esac
}

runs_installed_file() { # unit executable: the main process runs the file that the path has now
    pid=$(property "$1" MainPID)
    [ "${pid:-0}" -gt 0 ] 2>/dev/null || return 0
    program=$(program_path "$2")
    # The process of a script is its interpreter: it cannot be compared.
    [ "$(head -c 2 -- "$program" 2>/dev/null)" != '#!' ] || return 0
    # By device and inode: paths differ inside of the unit's mount namespace.
    installed=$(stat -Lc %d:%i -- "$program" 2>/dev/null) || return 0
    running=$(stat -Lc %d:%i "/proc/$pid/exe" 2>/dev/null) || return 0
    [ "$running" = "$installed" ]
}

is_current_install() { # directory: some build's symlink points to it
    for link in "$builds"/*; do
        [ ! -L "$link" ] || [ "$(readlink -f -- "$link")" != "$1" ] || return 0
    done
    return 1
}

processes() { # unit: the ids of all its processes, the model servers of a llama-swap included
    group=$(property "$1" ControlGroup)
    [ -n "$group" ] || return 0
    for list in "$root/sys/fs/cgroup$group" "$root/sys/fs/cgroup/systemd$group" \
        "$root/sys/fs/cgroup/unified$group"; do
        cat -- "$list/cgroup.procs" "$list"/*/cgroup.procs 2>/dev/null || :
    done | sort -un
}

runs_current_builds() { # unit: none of its processes runs a replaced install of llama.cpp
    for pid in $(processes "$1"); do
        program=$(readlink "/proc/$pid/exe" 2>/dev/null) || continue
        case $program in
        "$builds"/*) is_current_install "${program%/*}" || return 1 ;;
        esac
    done
    return 0
}

ticks() { # pid: its start time in clock ticks, proc_pid_stat(5)
    line=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    set -- ${line##*) }
    shift 19
    echo "$1"
}

started_at() { # pid: its start time in seconds since 1970, exact to one second
    begun=$(ticks "$1") || return 1
    # Relative to a process started now: /proc/uptime may be that of a container.
    echo $(($(date +%s) - ($(ticks self) - begun) / $(getconf CLK_TCK 2>/dev/null || echo 100)))
}

after() { # second time: later, but not in the future, which only a wrong clock can have written
    [ "$2" -gt $(($1 + 1)) ] && [ "$2" -le "$(date +%s)" ]
}

changed_since() { # second path: the file was written or moved to its path after that second
    written=$(stat -Lc %Y -- "$2" 2>/dev/null) || return 1
    ! after "$1" "$written" || return 0
    # The mtime of a file that was moved to its path may be old. Then the ctime of the file or link
    # and the mtime of its folder are new; a changed owner or another hard link leaves the folder.
    for place in "$2" "$(readlink -f -- "$2")"; do
        put=$(stat -c %Z -- "$place" 2>/dev/null) || continue
        folder=$(stat -Lc %Y -- "${place%/*}/" 2>/dev/null) || continue
        ! after "$1" "$put" || [ $((folder + 1)) -lt "$put" ] || return 0
    done
    return 1
}

is_gguf() { # path
    [ -f "$1" ] || return 1
    case $1 in
    *.gguf) return 0 ;;
    esac
    [ "$(head -c 4 -- "$1" 2>/dev/null | tr -d '\0')" = GGUF ]
}

loaded_weights() { # pid: GGUF files among its arguments; all files of a split model
    # Lists are separated by commas, and an adapter may have its scale after a colon.
    for separator in '\0' '\0,'; do
        tr "$separator" '\n\n' <"/proc/$1/cmdline"
    done 2>/dev/null | grep '^/' | sort -u | while IFS= read -r path; do
        is_gguf "$path" || path=${path%:*}
        is_gguf "$path" || continue
        case $path in
        *-00001-of-[0-9]*.gguf) printf '%s\n' "${path%-00001-of-*}"-[0-9]*-of-"${path##*-of-}" ;;
        *) printf '%s\n' "$path" ;;
        esac
    done
}

stale_weights() { # unit: files that changed after one of its processes loaded them, one a line
    for pid in $(processes "$1"); do
        since=$(started_at "$pid") || continue
        # If no file is at the path now, there is nothing to load instead.
        sed -n 's/^[^/]* \(\/.*\.gguf\) (deleted)$/\1/p' "/proc/$pid/maps" 2>/dev/null |
            while IFS= read -r path; do
                [ ! -e "$path" ] || printf '%s\n' "$path"
            done
        loaded_weights "$pid" | while IFS= read -r path; do
            ! changed_since "$since" "$path" || printf '%s\n' "$path"
        done
    done | sort -u
}

is_current() { # unit executable
    runs_installed_file "$1" "$2" && runs_current_builds "$1" && [ -z "$(stale_weights "$1")" ]
}

state_id() { # differs after each rollout that has begun or ended on this host
    {
        cat "$state/manifest.json" "$state/last-rollout" 2>/dev/null
        ls "$owed" 2>/dev/null
    } | sha256sum | cut -c 1-64
}

stray_files() { # path: files of a database that belong to root
    for file in "$1" "$1-wal" "$1-shm" "$1-journal"; do
        # Links and files with several hard links are left alone.
        [ ! -f "$root$file" ] || [ -L "$root$file" ] ||
            [ "$(stat -c '%u %h' -- "$root$file" 2>/dev/null)" != "0 1" ] || printf '%s\n' "$file"
    done
}

current_generation() { # its number, or nothing
    number=$(readlink -- "$generations/current" 2>/dev/null) || return 0
    [ ! -f "$generations/$number/plan.json" ] || printf '%s\n' "$number"
}

stand_for() { # standard input: `KIND<tab>PATH`; output: the same with what is there now
    while IFS='	' read -r kind path; do
        found=absent
        case $kind in
        build) found=$(readlink -f -- "$root$path" 2>/dev/null) || found=absent ;;
        program) [ ! -e "$root$path" ] || found=there ;;
        weights)
            if [ -L "$root$path" ]; then
                found="link $(readlink -- "$root$path")"
            elif [ -f "$root$path" ]; then
                found=$(stat -c '%s bytes, written %Y' -- "$root$path")
            fi
            ;;
        *) continue ;;
        esac
        printf '%s\t%s\t%s\n' "$kind" "$path" "${found#"$root"}"
    done
}
