#!/bin/sh
# A systemd-run for tests: the command as this user, with the environment that the unit would get.
# Environment files are taken to hold NAME="value" lines.
while :; do
    case $1 in
    -p)
        case $2 in
        EnvironmentFile=*)
            file=${2#EnvironmentFile=}
            set -a
            [ ! -f "${file#-}" ] || . "${file#-}"
            set +a
            ;;
        User=*) echo "${2#User=}" >"$STUB/ran-as" ;;
        esac
        shift 2
        ;;
    --setenv=*)
        export "${1#--setenv=}"
        shift
        ;;
    --*) shift ;;
    *) break ;;
    esac
done
exec "$@"
