# Lists the files below a folder, hidden ones left out; never fails.
# Arguments: the folder, then files of which only the inodes are asked for, wherever they are.
# Links are followed, so that a file's size and its inode are those of what it links to.
echo 'folder 1'
if [ ! -d "$1" ]; then
    echo missing
    exit 0
fi
{
    errors=$(find -L "$1" -mindepth 1 -name '.?*' -prune -o \
        -path '*[[:cntrl:]]*' -printf 'odd\n' -o \
        -type l -printf 'broken\t%p\n' -o \
        -type f -printf 'file\t%s\t%T@\t%D:%i\t%p\n' 2>&1 1>&3)
} 3>&1
shift
[ $# -eq 0 ] || stat -L --printf 'inode\t%d:%i\n' -- "$@" 2>/dev/null
[ -z "$errors" ] || printf '%s\n' "$errors" | head -n 20 | sed 's/^/problem\t/'
true
