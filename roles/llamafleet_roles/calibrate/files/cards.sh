# Prints the memory in use of each card, a line `INDEX, MIB`, as the driver reports it; nothing if
# it is unknown. Argument: the vendor.
case $1 in
nvidia) nvidia-smi --query-gpu=index,memory.used --format=csv,noheader,nounits ;;
amd)
    index=0
    for device in "${LLAMAFLEET_ROOT:-}"/sys/bus/pci/devices/*; do
        [ "$(cat "$device/vendor")" = 0x1002 ] && [ -r "$device/mem_info_vram_used" ] || continue
        echo "$index, $(($(cat "$device/mem_info_vram_used") / 1048576))"
        index=$((index + 1))
    done
    ;;
esac 2>/dev/null
