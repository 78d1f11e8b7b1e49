# Makes the user and the folders of a compilation. Arguments: WORK USER.
# Only `tree` belongs to the user: root writes into the work folder, where nobody else can put a link.
set -eu
umask 022
work=$1 user=$2
id -u -- "$user" >/dev/null 2>&1 || {
    useradd --system --user-group --no-create-home --home-dir / \
        --shell "$(command -v nologin || echo /bin/false)" -- "$user"
    echo "created user $user"
}
install -d -m 711 -o root -g root -- "${work%/*}" "$work"
[ -d "$work/tree" ] && [ ! -L "$work/tree" ] && [ "$(stat -c %U -- "$work/tree")" = "$user" ] || {
    rm -rf -- "$work/tree"
    install -d -m 700 -o "$user" -g "$user" -- "$work/tree"
}
[ ! -f "$work/source.tar.gz" ] || chmod 644 -- "$work/source.tar.gz"
