#!/bin/sh
# A systemctl for tests: units are folders of property files under $STUB/units, and every verb that
# changes something is written to $STUB/calls.
verb=$1
shift
case $verb in
show)
    cat "$STUB/units/$5/$2" 2>/dev/null || :
    exit 0
    ;;
esac
while [ "${1#--}" != "$1" ]; do
    [ "$1" != --now ] || now=yes
    shift
done
unit=$1
echo "$verb $unit" >>"$STUB/calls"
mkdir -p "$STUB/units/$unit"
set_property() { echo "$2" >"$STUB/units/$unit/$1"; }
case $verb in
start | restart)
    [ ! -e "$STUB/broken-$unit" ] || { set_property ActiveState failed; exit 1; }
    set_property ActiveState active
    # What the unit read when it was started, to see that it was started with the new files.
    cp "$LLAMAFLEET_ROOT/etc/llamafleet/llama-swap/voice.yaml" "$STUB/units/$unit/config" 2>/dev/null
    ;;
enable) set_property UnitFileState enabled ;;
disable) set_property UnitFileState disabled && set_property ActiveState inactive ;;
esac
exit 0
