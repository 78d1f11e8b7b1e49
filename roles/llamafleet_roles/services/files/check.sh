# Validates the staged files with the programs that will read them, before anything is changed.
# Sourced by apply.sh.

check_units() {
    set --
    mkdir -p "$bundle/check/units"
    while IFS=$tab read -r index mode owner group path restarts reloads; do
        case $path in
        /etc/systemd/system/*.service) ;;
        *) continue ;;
        esac
        # systemd before 254 ignores these two keys, but systemd-analyze verify rejects them.
        sed '/^Restart\(Steps\|MaxDelaySec\)=/d' "$bundle/files/$index" \
            >"$bundle/check/units/${path##*/}"
        set -- "$@" "$bundle/check/units/${path##*/}"
    done <"$bundle/file.tsv"
    [ $# -gt 0 ] || return 0
    failed=
    said=$(systemd-analyze verify --man=no --recursive-errors=no "$@" 2>&1) || failed=1
    case $said in # systemd before 250
    *"unrecognized option"*) failed= && said=$(systemd-analyze verify --man=no "$@" 2>&1) || failed=1 ;;
    esac
    # It returns 0 for an unknown key and only prints it; messages about other units do not matter.
    ours=
    for unit in "$@"; do
        ours="$ours$(printf '%s\n' "$said" | grep -F -- "${unit##*/}" || :)"
    done
    [ -z "$failed$ours" ] || fail "$said" "systemd rejected a unit: nothing was changed"
}

check_folder() { # folder program argv...: the program accepts the folder with the new files
    folder=$1
    program=$2
    shift 2
    if ! unshare -m true 2>/dev/null; then
        say "cannot check the files of $program beforehand: this host has no mount namespaces"
        return 0
    fi
    over=$bundle/check/folder
    rm -rf -- "$over"
    mkdir -p "$over" "$root$folder"
    # The folder and files in it may be links: the copy is a folder, and existing files are replaced,
    # not written to, for that would follow a link.
    cp -a "$root$folder/." "$over"
    while IFS=$tab read -r index mode owner group path restarts reloads; do
        case $path in
        "$folder"/*)
            rm -f -- "$over/${path##*/}"
            cp "$bundle/files/$index" "$over/${path##*/}"
            ;;
        esac
    done <"$bundle/file.tsv"
    while IFS=$tab read -r path restarts reloads; do
        case $path in
        "$folder"/*) rm -f -- "$over/${path##*/}" ;;
        esac
    done <"$bundle/gone.tsv"
    # The copy is mounted over the real folder in a private mount namespace.
    said=$(unshare -m sh -c 'mount --bind "$1" "$2" && shift 2 && exec "$@"' sh \
        "$over" "$root$folder" "$@" 2>&1 </dev/null) ||
        fail "$said" "$program rejected its files: nothing was changed"
}

check_folders() {
    lines check >"$bundle/check.tsv"
    while IFS= read -r line; do
        words=$IFS
        IFS=$tab
        set -f
        set -- $line
        set +f
        IFS=$words
        check_folder "$@"
    done <"$bundle/check.tsv"
}

# Runs inside the unit, as the service's user. Without -validate, which no release up to v250 has, an
# invalid port makes llama-swap load its configuration and fail when it listens.
ask_swap='
case $("$1" -help 2>&1) in
*-validate*) exec "$1" -validate -config "$2" ;;
esac
said=$("$1" -config "$2" -listen 127.0.0.1:99999 2>&1)
printf "%s\n" "$said"
case $said in
*"99999: invalid port"*) exit 0 ;;
esac
exit 1'

check_swap() { # index binary environment-files environment user
    # llama-swap reads a copy without hooks and store: while loading its configuration it would
    # start the hooks' models and open the database. Any other process that it starts ends with
    # the unit's control group.
    trial=$bundle/check/trial.yaml
    rm -f -- "$trial"
    cp "$bundle/trial/$1" "$trial"
    chown -- "$5" "$trial" || fail "there is no user $5 on this host: roll out deploys/site.py first"
    chmod 400 "$trial"
    binary=$root$2
    set -- "$3" "$4" --quiet --wait --pipe --collect --unit="llamafleet-check-$$-$1" \
        -p User="$5" -p RuntimeMaxSec=30 -p KillSignal=SIGKILL -p NoNewPrivileges=yes \
        -p ProtectSystem=strict -p ProtectHome=read-only -p PrivateTmp=yes -p PrivateNetwork=yes
    words=$IFS
    IFS='
'
    for assignment in $(list "$2"); do set -- "$@" --setenv="$assignment"; done
    for file in $(list "$1"); do
        staged=$(while IFS=$tab read -r i m o g path rest; do
            [ "$path" != "${file#-}" ] || printf '%s' "$bundle/files/$i"
        done <"$bundle/file.tsv")
        set -- "$@" -p EnvironmentFile="${staged:--$root${file#-}}"
    done
    IFS=$words
    shift 2
    said=$(systemd-run "$@" /bin/sh -c "$ask_swap" sh "$binary" "$trial" 2>&1 </dev/null) ||
        fail "${said:-"it could not be started: see journalctl -u 'llamafleet-check-*'"}" \
            "llama-swap rejected its configuration: nothing was changed"
}

may_write() { # user folder
    runuser -u "$1" -- test -w "$root$2" 2>/dev/null
}

is_only_for() { # folder database: it belongs to root and contains no other files
    [ -d "$root$1" ] && [ ! -L "$root$1" ] && [ "$(stat -c %u -- "$root$1")" = 0 ] &&
        [ -z "$(ls -A -- "$root$1" | grep -v -x -F -e "${2##*/}" -e "${2##*/}-wal" \
            -e "${2##*/}-shm" -e "${2##*/}-journal" || :)" ]
}

check_store() { # user path: the service will be able to write its database
    folder=${2%/*}
    [ -e "$root$folder" ] || return 0
    may_write "$1" "$folder" || is_only_for "$folder" "$2" || fail \
        "store-path = $2: user $1 cannot write to $folder, which belongs to" \
        "$(stat -c %U -- "$root$folder") and contains other files: nothing was changed" \
        "choose a store-path in a folder of its own, or run: chown $1 $folder"
}

check() {
    mkdir -p "$bundle/check"
    # The service's user may enter, and can read the one file that belongs to it.
    chmod 711 "$bundle" "$bundle/check"
    check_units
    check_folders
    lines swap >"$bundle/swap.tsv"
    while IFS=$tab read -r index binary files environment user; do
        check_swap "$index" "$binary" "$files" "$environment" "$user"
    done <"$bundle/swap.tsv"
    lines store >"$bundle/store.tsv"
    while IFS=$tab read -r user path; do
        check_store "$user" "$path"
    done <"$bundle/store.tsv"
}
