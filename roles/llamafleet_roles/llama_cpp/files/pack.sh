# Packs an install reproducibly, if its files are still those of its list. Arguments: FINAL ARCHIVE.
# Prints the SHA-256 of the archive.
set -eu
umask 077
fresh=
check_sums "$1"
mkdir -p -- "${2%/*}"
tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$1" -cf - . | gzip -n -6 >"$2"
sha256sum <"$2" | cut -d' ' -f1
