#!/bin/bash
# Loads one model as its service would, asks it something, and writes down what was seen; runs as a
# unit of its own, so that it ends in order whatever becomes of the rollout that started it.
# Argument: a work folder with the files `job` (lines NAME VALUE), `model.service`, `extension.conf`,
# `neighbours` (lines UNIT swaps|keeps), and the scripts beside this one. What was seen goes into
# `seen/`.
set -u
umask 077
work=$1
cd "$work" || exit 1
job() { sed -n "s/^$1 //p" job; }
stage() { echo "== $*"; }
property() { systemctl show -p "$2" --value -- "$1" 2>/dev/null; }
export LC_ALL=C
unit=llamafleet-calibrate-model.service
place=/run/systemd/system/$unit
port=$(job port) patience=$(job patience) stop=$(job stop) shares=$(job shares)

clean() { # the model goes, and what stood aside comes back
    [ ! -e "$place" ] || systemctl stop "$unit" 2>/dev/null
    rm -rf -- "$place" "$place.d" /var/lib/llamafleet-calibrate-model \
        /var/cache/llamafleet-calibrate-model server.log
    systemctl daemon-reload
    systemctl reset-failed "$unit" 2>/dev/null
    /bin/bash "$work/resume.sh" "$work"
}
trap 'clean; echo "${result:-1}" >status' EXIT
trap 'exit 1' TERM INT HUP
rm -rf status seen
mkdir seen

conclude() { # word reason: a run that tells why nothing was measured has done its work
    printf '%s\n' "$2" >"seen/$1"
    stage "$2"
    result=0
    exit 0
}

# --- Who is at work beside it ------------------------------------------------------------------

busy() { # unit swaps|keeps: whether it has a model in memory
    case $(property "$1" ActiveState) in
    active | activating | reloading | deactivating) ;;
    *) return 1 ;;
    esac
    [ "$2" = swaps ] || return 0
    # llama-swap itself is one process; each model is one more. This needs no key for its API.
    group=$(property "$1" ControlGroup)
    for list in "/sys/fs/cgroup$group/cgroup.procs" "/sys/fs/cgroup/systemd$group/cgroup.procs" \
        "/sys/fs/cgroup/unified$group/cgroup.procs"; do
        [ ! -r "$list" ] || [ "$(wc -l <"$list")" -le 1 ] || return 0
    done
    return 1
}

someone() { # neighbours that are busy, on one line; fails if none is
    found=
    while read -r name kind; do
        ! busy "$name" "$kind" || found="$found${found:+, }$name"
    done <neighbours
    [ -n "$found" ] && echo "$found"
}

stop_neighbours() {
    : >stopped
    while read -r name kind; do
        case $(property "$name" ActiveState) in
        active | activating | reloading) ;;
        *) continue ;;
        esac
        stage "stopping $name meanwhile"
        echo "$name" >>stopped && sync -- stopped
        systemctl stop "$name"
    done <neighbours
}

available() { awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo; }

if [ "$shares" = cards ] && [ "$stop" = yes ]; then
    stop_neighbours
elif [ "$shares" = cards ] && others=$(someone); then
    conclude skipped "at work on these cards: $others; --data calibrate_stop=yes stops them meanwhile"
fi
needs=$(job needs)
if [ "$shares" = memory ] && [ "$stop" = yes ] && [ "$needs" -gt "$(available)" ]; then
    stop_neighbours
fi
if [ "$needs" -gt "$(available)" ]; then
    conclude skipped "it takes $needs MiB of this host's memory, and $(available) MiB are free"
fi
if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
    conclude failed "something listens on port $port: choose another with --data calibrate_port=..."
fi

# --- The model ---------------------------------------------------------------------------------

now() { date +%s.%N; }
ready() { # the server answers 200: before, it says 503
    (
        exec 3<>"/dev/tcp/127.0.0.1/$port" || exit 1
        printf 'GET /health HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n' >&3
        read -r -t 5 version status rest <&3 && [ "$status" = 200 ]
    ) 2>/dev/null
}

ask() { # prompt tokens file: one completion; the answer's body goes into the file
    body="{\"prompt\":\"$1\",\"n_predict\":$2,\"cache_prompt\":false,\"ignore_eos\":true}"
    (
        exec 3<>"/dev/tcp/127.0.0.1/$port" || exit 1
        printf 'POST /completion HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %s\r\n\r\n%s' \
            "${#body}" "$body" >&3
        timeout "$patience" cat <&3 >"$3"
    ) 2>/dev/null
}

last_words() { tail -n 15 server.log | cut -c1-300; }

sh cards.sh "$(job vendor)" >seen/before
: >server.log
mkdir -p "$place.d"
cp model.service "$place"
cp extension.conf "$place.d/calibrate.conf"
chmod -R a+rX "$place" "$place.d"
systemctl daemon-reload
stage "loading $(job name)"
began=$(now)
systemctl start "$unit" || { last_words; conclude failed "llama-server could not be started"; }
shown=${began%.*} looked=0
until ready; do
    sleep 0.1
    second=$(date +%s)
    [ "$second" -ne "$looked" ] || continue
    looked=$second
    case $(property "$unit" ActiveState) in
    failed | inactive)
        last_words
        conclude failed "llama-server ended while it loaded: its last words are above"
        ;;
    esac
    # Who was idle a moment ago may be asked for something: it was there first.
    if [ "$shares" = cards ] && [ "$stop" != yes ] && others=$(someone); then
        conclude skipped "$others was asked for a model meanwhile: run this again"
    fi
    taken=$((second - ${began%.*}))
    [ "$taken" -lt "$patience" ] || conclude failed "it does not answer after $taken s"
    [ $((second - shown)) -ge 5 ] || continue
    shown=$second
    held=$(awk '/^VmRSS:/ { print int($2 / 1024) }' "/proc/$(property "$unit" MainPID)/status")
    stage "loading $(job name), $taken s, ${held:-0} MiB in memory"
done
loaded=$(now)
echo "$began $loaded" >seen/times

stage "asking $(job name)"
ask "Once upon a time" 1 /dev/null
ask "$(job prompt)" 32 seen/answer

pid=$(property "$unit" MainPID)
cp "/proc/$pid/status" seen/process 2>/dev/null
sh cards.sh "$(job vendor)" >seen/after
if [ "$(job vendor)" = nvidia ]; then
    echo "$pid" >seen/pid
    nvidia-smi --query-gpu=index,uuid --format=csv,noheader >seen/uuids 2>/dev/null
    nvidia-smi --query-compute-apps=pid,gpu_uuid,used_memory --format=csv,noheader,nounits \
        >seen/apps 2>/dev/null
fi
stage "stopping $(job name)"
systemctl stop "$unit"
grep -a -E -- "$(job lines)" server.log | cut -c1-300 | head -n 2000 >seen/log
result=0
