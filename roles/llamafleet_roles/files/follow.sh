# Shows the progress of a job started by start.sh until it ends. Arguments: UNIT WORK LOG LABEL.
# It only reads the log: if the connection is lost, it ends and the job goes on.
# The job writes its exit status to WORK/status last. During a long step a line is printed from
# time to time: a silent command counts as hung.
unit=$1 work=$2 log=$3 label=$4

progress() { # the last step in the log: ninja's `[80/214]`, or a line `== text`
    tail -c 30000 "$log" 2>/dev/null | awk '
        /^\[[0-9]+\/[0-9]+\]/ {
            split(substr($1, 2), part, /[]\/]/)
            name = $NF
            sub(/.*\//, "", name)
            sub(/\.o$/, "", name)
            last = sprintf("[%3d%%] %d/%d %s", part[1] * 100 / part[2], part[1], part[2], name)
        }
        /^== / { last = substr($0, 4) }
        END { print last }'
}

shown= quiet=0
while :; do
    case $(systemctl show -p ActiveState --value "$unit" 2>/dev/null) in
    active | activating | deactivating | reloading) ;;
    *) break ;;
    esac
    line=$(progress)
    if [ -n "$line" ] && [ "$line" != "$shown" ]; then
        echo "$label: $line" || exit 1
        shown=$line quiet=0
    elif [ "$quiet" -ge 300 ]; then
        echo "$label: still running: ${line:-starting}" || exit 1
        quiet=0
    fi
    quiet=$((quiet + 5))
    sleep 5
done
case $(cat "$work/status" 2>/dev/null) in
0) exit 0 ;;
'') why="was interrupted: run this again" ;;
*) why=failed ;;
esac
tail -n 25 "$log" >&2
echo "$label $why; the full log is $log on this host" >&2
exit 1
