# Prints the state of a host that the services role needs, in one round trip; never fails.
# Arguments: F:PATH for each file, U:UNIT:EXECUTABLE for each unit, P:UNIT:WANTED for each socket as
# ports.sh writes it, S:PATH for each database of a service whose user is not root, N:KIND:PATH for
# each name of a build, program or weights.
# Output: tab-separated lines; the first shows that the probe ran at all.

printf 'probe\t1\n'
for item in "$@"; do
    case $item in
    F:*)
        path=${item#F:}
        if [ -f "$root$path" ] && [ ! -L "$root$path" ]; then
            sum=$(sha256sum <"$root$path" 2>/dev/null)
            printf 'file\t%s\t%s\t%s\n' "$path" "${sum%% *}" \
                "$(stat -c '%a %U %G' -- "$root$path" 2>/dev/null)"
        fi
        ;;
    U:*)
        item=${item#U:}
        unit=${item%%:*}
        program=${item#*:}
        current=replaced
        ! { runs_installed_file "$unit" "$program" && runs_current_builds "$unit"; } || current=current
        printf 'unit\t%s\t%s\t%s\t%s\t%s\n' "$unit" "$(property "$unit" ActiveState)" \
            "$(property "$unit" UnitFileState)" "$(property "$unit" NeedDaemonReload)" "$current"
        stale_weights "$unit" | while IFS= read -r path; do
            printf 'stale\t%s\t%s\n' "$unit" "$path"
        done
        ;;
    S:*)
        stray_files "${item#S:}" | while IFS= read -r file; do
            printf 'stray\t%s\n' "$file"
        done
        ;;
    esac
done
for item in "$@"; do
    case $item in
    P:*)
        item=${item#P:}
        printf '%s %s\n' "${item%%:*}" "${item#*:}"
        ;;
    esac
done | listening | strangers | while read -r unit wanted pid; do
    printf 'held\t%s\t%s\t%s\t%s\n' "$unit" "$wanted" "$pid" "$(described "$pid")"
done
for marker in "$owed"/*; do
    [ ! -e "$marker" ] || printf 'owed\t%s\n' "${marker##*/}"
done
[ ! -d "$state/staging" ] || printf 'owed\tclean@staging\n'
printf 'state\t%s\n' "$(state_id)"
for item in "$@"; do
    case $item in
    N:*)
        item=${item#N:}
        printf '%s\t%s\n' "${item%%:*}" "${item#*:}"
        ;;
    esac
done | stand_for | sha256sum | sed 's/^\([0-9a-f]*\).*/names\t\1/'
now=$(current_generation)
[ -z "$now" ] || printf 'generation\t%s\t%s\t%s\n' "$now" \
    "$(sha256sum <"$generations/$now/plan.json" | cut -d ' ' -f 1)" \
    "$(sha256sum <"$generations/$now/names.tsv" 2>/dev/null | cut -d ' ' -f 1)"
[ ! -f "$state/manifest.json" ] || sed 's/^/manifest	/' "$state/manifest.json" 2>/dev/null
true
