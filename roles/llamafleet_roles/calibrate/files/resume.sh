# Starts the services that a calibration stopped; systemd runs it, too, when the job is killed.
# Argument: the work folder.
cd "$1" || exit 0
[ -s stopped ] || exit 0
while read -r name; do
    systemctl start --no-block "$name"
done <stopped
rm -f stopped
