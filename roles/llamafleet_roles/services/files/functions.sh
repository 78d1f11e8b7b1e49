# Shared by the probe and by apply.sh. POSIX sh: a host needs no Python for this.
# LLAMAFLEET_ROOT puts everything below another directory; only tests set it.

PATH=$PATH:/usr/sbin:/sbin
root=${LLAMAFLEET_ROOT:-}
state=$root/var/lib/llamafleet
owed=$state/owed
builds=$root/opt/llamafleet/llama.cpp

property() { # unit name: one property of a unit, empty where there is no systemd
    systemctl show -p "$2" --value -- "$1" 2>/dev/null || :
}

program_path() { # executable: where it is; a name without a slash is looked for as systemd does
    case $1 in
    */*) printf '%s\n' "$root$1" ;;
    *) command -v -- "$1" 2>/dev/null || : ;;
    esac
}

runs_installed_file() { # unit executable: the main process is what the path resolves to now
    pid=$(property "$1" MainPID)
    [ "${pid:-0}" -gt 0 ] 2>/dev/null || return 0
    program=$(program_path "$2")
    # A script's process is its interpreter: there is nothing to compare.
    [ "$(head -c 2 -- "$program" 2>/dev/null)" != '#!' ] || return 0
    # By device and inode: a path would read differently from inside the unit's namespace.
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

runs_current_builds() { # unit: no process of it, a model server included, runs a replaced install
    for pid in $(processes "$1"); do
        program=$(readlink "/proc/$pid/exe" 2>/dev/null) || continue
        case $program in
        "$builds"/*) is_current_install "${program%/*}" || return 1 ;;
        esac
    done
    return 0
}

ticks() { # pid: when it was started, in clock ticks
    line=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    set -- ${line##*) }
    shift 19
    echo "$1"
}

started_at() { # pid: when it was started, in seconds since 1970, exact to one second
    begun=$(ticks "$1") || return 1
    # Compared with a process of this moment: /proc/uptime may be that of a container.
    echo $(($(date +%s) - ($(ticks self) - begun) / $(getconf CLK_TCK 2>/dev/null || echo 100)))
}

after() { # second time: later, and not in a future that only a wrong clock can have written
    [ "$2" -gt $(($1 + 1)) ] && [ "$2" -le "$(date +%s)" ]
}

changed_since() { # second path: the file was written, or put at its path, after that second
    written=$(stat -Lc %Y -- "$2" 2>/dev/null) || return 1
    ! after "$1" "$written" || return 0
    # A file that was moved to its path may be old. What is new then is the status of the file or
    # link, and its folder; a changed owner or a further hard link leaves the folder as it was.
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

loaded_weights() { # pid: GGUF files among its arguments; of a split model every file
    # Lists are separated by commas, and an adapter may have its strength behind a colon.
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

stale_weights() { # unit: files whose old content a process of it has loaded, one a line
    for pid in $(processes "$1"); do
        since=$(started_at "$pid") || continue
        # Where the file is gone altogether there is nothing to load instead.
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

state_id() { # another one after each rollout that has begun or ended here
    {
        cat "$state/manifest.json" "$state/last-rollout" 2>/dev/null
        ls "$owed" 2>/dev/null
    } | sha256sum | cut -c 1-64
}

stray_files() { # path: what belongs to root of a database that must be the user's
    for file in "$1" "$1-wal" "$1-shm" "$1-journal"; do
        # Neither a link nor a second name of some other file.
        [ ! -f "$root$file" ] || [ -L "$root$file" ] ||
            [ "$(stat -c '%u %h' -- "$root$file" 2>/dev/null)" != "0 1" ] || printf '%s\n' "$file"
    done
}
