# Starts again what stood aside for a calibration; also run by systemd when the job is killed.
# Argument: the work folder.
cd "$1" || exit 0
[ -s stopped ] || exit 0
while read -r name; do
    systemctl start --no-block "$name"
done <stopped
rm -f stopped
