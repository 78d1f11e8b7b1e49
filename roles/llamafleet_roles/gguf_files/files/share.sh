# Lets other hosts read the store with nginx, or no longer. Arguments: SITE ADDRESS PORT STORE.
# Standard input: the site's content; if it is empty, the site is removed.
# The old site is put back if nginx refuses the new one.
set -eu
PATH=$PATH:/usr/sbin:/sbin
site=$1 address=$2 port=$3 store=$4
umask 022
fresh=$(mktemp -d)
trap 'rm -rf -- "$fresh"' EXIT
cat >"$fresh/new"
[ ! -f "$site" ] || cp -p -- "$site" "$fresh/old"

restore() {
    if [ -f "$fresh/old" ]; then mv -f -- "$fresh/old" "$site"; else rm -f -- "$site"; fi
}

if [ ! -s "$fresh/new" ]; then
    rm -f -- "$site"
    ! systemctl is-active --quiet nginx || systemctl reload nginx
    echo "weights are no longer shared"
    exit 0
fi
mkdir -p -- "$store"
cp -- "$fresh/new" "$site.llamafleet-new"
mv -f -- "$site.llamafleet-new" "$site"
nginx -t -q || {
    restore
    echo "nginx refuses the site that shares weights: nothing was changed" >&2
    exit 1
}
systemctl enable --quiet nginx
if systemctl is-active --quiet nginx; then systemctl reload nginx; else systemctl start nginx; fi
# nginx reloads with success although it could not bind: what counts is whose the port is.
tries=0
until ss -Hltnp "sport = :$port" 2>/dev/null | grep -qF '"nginx"'; do
    tries=$((tries + 1))
    [ "$tries" -lt 50 ] || {
        restore
        systemctl reload nginx || :
        echo "nginx cannot listen on $address:$port to share weights:" >&2
        ss -Hltnp "sport = :$port" >&2
        journalctl -u nginx -n 5 --no-pager -o cat >&2 || :
        exit 1
    }
    sleep 0.2
done
echo "shares weights at $address:$port"
