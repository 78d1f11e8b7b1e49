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

runs_installed_file() { # unit executable: the main process is what the path resolves to now
    pid=$(property "$1" MainPID)
    [ "${pid:-0}" -gt 0 ] 2>/dev/null || return 0
    # A script's process is its interpreter: there is nothing to compare.
    [ "$(head -c 2 -- "$root$2" 2>/dev/null)" != '#!' ] || return 0
    # By device and inode: a path would read differently from inside the unit's namespace.
    installed=$(stat -Lc %d:%i -- "$root$2" 2>/dev/null) || return 0
    running=$(stat -Lc %d:%i "/proc/$pid/exe" 2>/dev/null) || return 0
    [ "$running" = "$installed" ]
}

is_current_install() { # directory: some build's symlink points to it
    for link in "$builds"/*; do
        [ ! -L "$link" ] || [ "$(readlink -f -- "$link")" != "$1" ] || return 0
    done
    return 1
}

runs_current_builds() { # unit: no process of it, a model server included, runs a replaced install
    group=$(property "$1" ControlGroup)
    [ -n "$group" ] || return 0
    for list in "/sys/fs/cgroup$group/cgroup.procs" "/sys/fs/cgroup/systemd$group/cgroup.procs" \
        "/sys/fs/cgroup/unified$group/cgroup.procs"; do
        [ -r "$list" ] || continue
        while read -r pid; do
            program=$(readlink "/proc/$pid/exe" 2>/dev/null) || continue
            case $program in
            "$builds"/*) is_current_install "${program%/*}" || return 1 ;;
            esac
        done <"$list"
    done
    return 0
}

is_current() { # unit executable
    runs_installed_file "$1" "$2" && runs_current_builds "$1"
}
