# Functions that look through the folder of a build. Prepended to install.sh, unpack.sh and pack.sh.
export LC_ALL=C

refuse() { # message: nothing is left of what was begun
    echo "$1" >&2
    [ -z "${fresh:-}" ] || rm -rf -- "$fresh"
    exit 1
}

check_names() { # folder: only plain files, and links to files beside them
    odd=$(find "$1" -mindepth 1 ! \( -type f -links 1 \) ! -type l | head -n 1)
    [ -z "$odd" ] || refuse "$odd is no plain file: this build is not installed"
    odd=$(find "$1" -mindepth 1 -maxdepth 1 \( -name '*[!A-Za-z0-9._+-]*' -o -name '.*' \) | head -n 1)
    [ -z "$odd" ] || refuse "the name of $odd has a character that no file of a build has"
    find "$1" -mindepth 1 -type l -print | while IFS= read -r link; do
        to=$(readlink -- "$link")
        case $to in */* | .*) to= ;; esac
        [ -n "$to" ] && [ -f "$1/$to" ] || echo "$link"
    done >"${1%/*}/.odd-links.$$"
    odd=$(head -n 1 "${1%/*}/.odd-links.$$")
    rm -f -- "${1%/*}/.odd-links.$$"
    [ -z "$odd" ] || refuse "$odd is a link out of the build: this build is not installed"
}

sums() { # folder: the SHA-256 of every file but the list itself, as sha256sum -c reads it
    (cd -- "$1" && for file in *; do
        [ ! -f "$file" ] || [ -L "$file" ] || [ "$file" = SHA256SUMS ] || sha256sum -- "$file"
        [ ! -L "$file" ] || echo "# link $file $(readlink -- "$file")"
    done)
}

check_sums() { # folder: it has the files of its list, and no others
    [ -f "$1/SHA256SUMS" ] || refuse "$1 has no SHA256SUMS"
    sums "$1" | cmp -s - "$1/SHA256SUMS" || {
        sums "$1" | diff "$1/SHA256SUMS" - | sed -n 's/^[<>]/   /p' | head -n 5 >&2
        refuse "the files of $1 are not those of its SHA256SUMS (above: expected, found)"
    }
}

room_for() { # kB folder: refuse if its disk has less
    free=$(df -Pk -- "$2" | awk 'NR == 2 { print $4 }')
    [ "${free:-0}" -ge "$1" ] ||
        refuse "$2 has $((${free:-0} / 1024)) MB free, and this build needs $(($1 / 1024 + 1)): free some space, then run this again"
}
