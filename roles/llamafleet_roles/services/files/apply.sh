#!/bin/sh
# Writes one host's files and brings its units to the state of the plan.
#
# Run as root in an unpacked bundle (`apply.sh DIRECTORY`), by one rollout at a time. If it is
# killed at any point, or the machine loses power, the next run repairs, because
#   - nothing is moved to its final path before everything has been validated,
#   - the manifest names a file before it exists, so that it is never forgotten,
#   - a restart is recorded durably before the file that requires it is moved,
#   - a file is replaced by a rename in its own directory, and is never half-written there.
# It goes on if the connection is lost.
#
# plan.tsv, in order: `file INDEX MODE OWNER GROUP PATH RESTARTS RELOADS`, `gone PATH RESTARTS
# RELOADS`, `taken PATH`, `unit NAME EXECUTABLE KIND`, `stop NAME`, `socket UNIT WANTED`,
# `health UNIT ADDRESS PORT PATH SECONDS WANTED`, `store USER PATH`,
# `swap INDEX BINARY ENVIRONMENT-FILES ENVIRONMENT USER`,
# `check FOLDER PROGRAM ARGV...`, `name KIND PATH`, `generation NUMBER` of a rollback; `-` stands for
# nothing, commas separate lists.
set -eu
umask 077
trap '' HUP PIPE
bundle=$1
trap 'end $?' EXIT
plan=$bundle/plan.tsv
tab=$(printf '\t')
export LC_ALL=C SYSTEMD_COLORS=0 SYSTEMD_PAGER=
for part in functions ports record check health units generation; do
    . "$bundle/$part.sh"
done

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

same() { # index mode owner group path: the file is as planned
    [ -f "$root$5" ] && [ ! -L "$root$5" ] && cmp -s "$bundle/files/$1" "$root$5" &&
        [ "$(stat -c '%a %U %G' -- "$root$5")" = "$2 $3 $4" ]
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

put_manifest() { # file: replaced by a rename, like the others
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

keep_old() { # path: copy a file that is not ours before it is replaced
    [ -e "$root$1" ] || [ -L "$root$1" ] || return 0
    kept=$state/replaced$1
    mkdir -p -- "${kept%/*}"
    [ ! -e "$kept" ] && [ ! -L "$kept" ] || kept=$kept.$(date +%s)
    rm -rf -- "$kept.llamafleet-new"
    cp -a -- "$root$1" "$kept.llamafleet-new"
    mv -fT -- "$kept.llamafleet-new" "$kept"
    flush "${kept%/*}"
    say "kept the previous $1 as ${kept#"$root"}"
}

put() { # index mode owner group path
    folder=$root${5%/*}
    fresh=$folder/.${5##*/}.llamafleet-new
    (umask 022 && mkdir -p -- "$folder")
    ! lines taken | grep -q -x -F -e "$5" || keep_old "$5"
    rm -f -- "$fresh"
    cp -- "$bundle/files/$1" "$fresh"
    chown -- "$3:$4" "$fresh"
    chmod -- "$2" "$fresh"
    flush "$fresh"
    step
    mv -fT -- "$fresh" "$root$5"
    flush "$folder"
    say "wrote $5"
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

give_stores() { # a database's folder and files belong to the service's user, whoever made them
    while IFS=$tab read -r user path; do
        folder=${path%/*}
        group=$(id -gn -- "$user")
        # A folder that does not exist yet is made by the unit when it starts.
        if ! may_write "$user" "$folder" && is_only_for "$folder" "$path"; then
            chown -- "$user:$group" "$root$folder"
            say "changed the owner of $folder to $user"
        fi
        stray_files "$path" | while IFS= read -r file; do
            chown -h -- "$user:$group" "$root$file"
            say "changed the owner of $file to $user"
        done
        step
    done <"$bundle/store.tsv"
}

# --- In order --------------------------------------------------------------------------------

announce
confirm
lines file >"$bundle/file.tsv"
lines gone >"$bundle/gone.tsv"
mkdir -p -- "$owed"
check
step
begin
step
put_manifest manifest-while-working.json
step
owe_everything
step
stop_units
step
put_files
give_stores
units
# A marker of a unit that is no longer planned would stay for ever.
for marker in "$owed"/*; do
    [ ! -e "$marker" ] || rm -f -- "$marker"
done
put_manifest manifest.json
step
keep_generation
