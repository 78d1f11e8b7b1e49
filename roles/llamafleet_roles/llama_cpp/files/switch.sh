# Makes an install the current one, and deletes old ones, except the KEEP that were current last and
# any that a process still runs. Arguments: DIRECTORY FINAL KEEP.
set -eu
directory=$1 final=$2 keep=$3
# The mtime of an install is when it was last current.
previous=$(readlink -f -- "$directory" 2>/dev/null) || previous=
[ ! -d "$previous" ] || touch -- "$previous"
touch -- "$final"
rm -f -- "$directory.llamafleet-new"
ln -s -- "${final##*/}" "$directory.llamafleet-new"
mv -fT -- "$directory.llamafleet-new" "$directory"
sync -- "${directory%/*}" 2>/dev/null || sync
echo "${directory##*/} is now ${final##*/}"
hex='[0-9a-f][0-9a-f][0-9a-f]'
kept=0
ls -dt -- "$directory"-$hex$hex$hex$hex 2>/dev/null | while IFS= read -r install; do
    [ "$install" != "$final" ] || continue
    kept=$((kept + 1))
    [ "$kept" -gt "$keep" ] || continue
    ! readlink /proc/[0-9]*/exe 2>/dev/null | grep -qF -- "$install/" || continue
    rm -rf -- "$install"
    echo "deleted ${install##*/}, no longer in use"
done
