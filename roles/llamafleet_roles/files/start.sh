# Starts a long job as a unit of its own, unless it is running already.
# Standard input: an archive of the work folder's files, in base64; a file `environment` among them
# becomes the unit's environment and is deleted once the unit has it.
# Arguments: UNIT WORK LOG DESCRIPTION, then further arguments of systemd-run: properties, command.
set -eu
umask 077
unit=$1 work=$2 log=$3 description=$4
shift 4
mkdir -p -- "$work" "${log%/*}"
if systemctl is-active --quiet "$unit"; then
    cat >/dev/null
    exit 0
fi
base64 -d | tar -xzf - -C "$work"
: >"$work/status"
systemctl reset-failed "$unit" 2>/dev/null || :
: >"$log"
chmod 644 "$log"
if [ -f "$work/environment" ]; then
    set -- -p "EnvironmentFile=$work/environment" "$@"
fi
# Such a job must not slow down the models that the machine serves.
started=0
systemd-run --quiet --collect --unit="$unit" --description="$description" -p Nice=10 \
    -p IOSchedulingClass=idle -p "StandardOutput=append:$log" -p "StandardError=append:$log" \
    "$@" || started=$?
rm -f -- "$work/environment"
exit $started
