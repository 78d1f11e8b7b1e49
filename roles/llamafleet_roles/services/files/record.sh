# Who rolls out, and whether the host is still as the rollout saw it. Read by apply.sh.

origin() { # the address that the connection came from; sudo hides it from its own environment
    at=$$
    for _ in 1 2 3 4 5 6 7 8; do
        from=$(tr '\0' '\n' <"/proc/$at/environ" 2>/dev/null | sed -n 's/^SSH_CONNECTION=\([^ ]*\).*/\1/p')
        [ -z "$from" ] || break
        at=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$at/status" 2>/dev/null)
        [ "${at:-0}" -gt 1 ] || break
    done
    printf '%s' "${from:-this machine}"
}

announce() { # who is at work, for those who wait for it; $bundle/record is from the controller
    printf 'from %s, since %s\n' "$(origin)" "$(date -u +'%Y-%m-%d %H:%M:%S UTC')" >>"$bundle/record"
}

last_rollout() {
    if [ -s "$state/last-rollout" ]; then
        sed '/^id /d; s/^/    /' "$state/last-rollout"
    else
        echo "    it is not known by whom"
    fi
}

confirm() { # under the lock: the bundle was made from what this host still has
    [ "$(state_id)" = "$(cat "$bundle/expected-state")" ] || fail \
        "another rollout has changed this host since this one looked at it:" "$(last_rollout)" \
        "nothing was changed now: look at what it brought, and run this again"
}

begin() {
    cp "$bundle/record" "$state/.last-rollout.llamafleet-new"
    flush "$state/.last-rollout.llamafleet-new"
    mv -fT "$state/.last-rollout.llamafleet-new" "$state/last-rollout"
    begun=yes
}

end() { # exit status
    [ -z "${begun:-}" ] || {
        [ "$1" -eq 0 ] && how=succeeded || how=failed
        printf '%s at %s\n' "$how" "$(date -u +'%Y-%m-%d %H:%M:%S UTC')" >>"$state/last-rollout"
    }
    rm -rf -- "$bundle"
}
