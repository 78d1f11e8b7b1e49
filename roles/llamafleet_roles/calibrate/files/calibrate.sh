#!/bin/bash
# Loads one model as its service would, sends it a prompt, and records the results; runs as a unit
# of its own, so that it finishes whatever becomes of the rollout that started it.
# Argument: a work folder with the files `job` (lines NAME VALUE), `model.service`, `extension.conf`,
# `neighbours` (lines UNIT swaps|keeps), and the scripts beside this one. Results go into `results/`.
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

clean() { # stop the model, and start the neighbours that were stopped
    [ ! -e "$place" ] || systemctl stop "$unit" 2>/dev/null
    rm -rf -- "$place" "$place.d" /var/lib/llamafleet-calibrate-model \
        /var/cache/llamafleet-calibrate-model server.log
    systemctl daemon-reload
    systemctl reset-failed "$unit" 2>/dev/null
    /bin/bash "$work/resume.sh" "$work"
}
trap 'clean; echo "${result:-1}" >status' EXIT
trap 'exit 1' TERM INT HUP
rm -rf status results
mkdir results

conclude() { # word reason: a run that reports why nothing was measured succeeds
    printf '%s\n' "$2" >"results/$1"
    stage "$2"
    result=0
    exit 0
}

# --- Neighbours --------------------------------------------------------------------------------

busy() { # unit swaps|keeps: it has a model in memory
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

busy_neighbours() { # on one line; fails if none is busy
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
        stage "stopping $name during the measurement"
        echo "$name" >>stopped && sync -- stopped
        systemctl stop "$name"
    done <neighbours
}

available() { awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo; }

if [ "$shares" = cards ] && [ "$stop" = yes ]; then
    stop_neighbours
elif [ "$shares" = cards ] && others=$(busy_neighbours); then
    conclude skipped "its cards are in use by $others; to stop them meanwhile: --data calibrate_stop=yes"
fi
needs=$(job needs)
if [ "$shares" = memory ] && [ "$stop" = yes ] && [ "$needs" -gt "$(available)" ]; then
    stop_neighbours
fi
if [ "$needs" -gt "$(available)" ]; then
    conclude skipped "it needs $needs MiB of host memory, but only $(available) MiB are available"
fi
if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
    conclude failed "port $port is in use: choose another with --data calibrate_port=..."
fi

# --- The model ---------------------------------------------------------------------------------

now() { date +%s.%N; }
ready() { # the server answers 200; while loading, it answers 503
    (
        exec 3<>"/dev/tcp/127.0.0.1/$port" || exit 1
        printf 'GET /health HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n' >&3
        read -r -t 5 version status rest <&3 && [ "$status" = 200 ]
    ) 2>/dev/null
}

ask() { # prompt tokens file: one completion; the response goes into the file
    body="{\"prompt\":\"$1\",\"n_predict\":$2,\"cache_prompt\":false,\"ignore_eos\":true}"
    (
        exec 3<>"/dev/tcp/127.0.0.1/$port" || exit 1
        printf 'POST /completion HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %s\r\n\r\n%s' \
            "${#body}" "$body" >&3
        timeout "$patience" cat <&3 >"$3"
    ) 2>/dev/null
}

log_tail() { tail -n 15 server.log | cut -c1-300; }

sh cards.sh "$(job vendor)" >results/before
: >server.log
mkdir -p "$place.d"
cp model.service "$place"
cp extension.conf "$place.d/calibrate.conf"
chmod -R a+rX "$place" "$place.d"
systemctl daemon-reload
stage "loading $(job name)"
began=$(now)
systemctl start "$unit" || { log_tail; conclude failed "llama-server could not be started"; }
shown=${began%.*} checked=0
until ready; do
    sleep 0.1
    second=$(date +%s)
    [ "$second" -ne "$checked" ] || continue
    checked=$second
    case $(property "$unit" ActiveState) in
    failed | inactive)
        log_tail
        conclude failed "llama-server exited while it loaded the model; its last log lines are above"
        ;;
    esac
    # An idle neighbour may receive a request meanwhile: it has precedence.
    if [ "$shares" = cards ] && [ "$stop" != yes ] && others=$(busy_neighbours); then
        conclude skipped "$others received a request meanwhile: run this again"
    fi
    taken=$((second - ${began%.*}))
    [ "$taken" -lt "$patience" ] || conclude failed "llama-server did not answer within $taken s"
    [ $((second - shown)) -ge 5 ] || continue
    shown=$second
    held=$(awk '/^VmRSS:/ { print int($2 / 1024) }' "/proc/$(property "$unit" MainPID)/status")
    stage "loading $(job name), $taken s, ${held:-0} MiB in memory"
done
loaded=$(now)
echo "$began $loaded" >results/times

stage "sending prompts to $(job name)"
ask "Once upon a time" 1 /dev/null
ask "$(job prompt)" 32 results/answer

pid=$(property "$unit" MainPID)
cp "/proc/$pid/status" results/process 2>/dev/null
sh cards.sh "$(job vendor)" >results/after
if [ "$(job vendor)" = nvidia ]; then
    echo "$pid" >results/pid
    nvidia-smi --query-gpu=index,uuid --format=csv,noheader >results/uuids 2>/dev/null
    nvidia-smi --query-compute-apps=pid,gpu_uuid,used_memory --format=csv,noheader,nounits \
        >results/apps 2>/dev/null
fi
stage "stopping $(job name)"
systemctl stop "$unit"
grep -a -E -- "$(job lines)" server.log | cut -c1-300 | head -n 2000 >results/log
result=0
