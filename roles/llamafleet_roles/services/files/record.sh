# Records who rolls out, and checks that the host is still in the state that the rollout was
# prepared for. Sourced by apply.sh.

origin() { # the client address of the SSH connection, from a parent: sudo clears its environment
    at=$$
    for _ in 1 2 3 4 5 6 7 8; do
        from=$(tr '\0' '\n' <"/proc/$at/environ" 2>/dev/null | sed -n 's/^SSH_CONNECTION=\([^ ]*\).*/\1/p')
        [ -z "$from" ] || break
        at=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$at/status" 2>/dev/null)
        [ "${at:-0}" -gt 1 ] || break
    done
    printf '%s' "${from:-this machine}"
}

announce() { # tell waiting rollouts who is running; $bundle/record is from the controller
    printf 'from %s, since %s\n' "$(origin)" "$(date -u +'%Y-%m-%d %H:%M:%S UTC')" >>"$bundle/record"
}

last_rollout() {
    if [ -s "$state/last-rollout" ]; then
        sed '/^id /d; s/^/    /' "$state/last-rollout"
    else
        echo "    (there is no record of it)"
    fi
}

confirm() { # under the lock: this host is still in the state that the bundle was made for
    [ "$(state_id)" = "$(cat "$bundle/expected-state")" ] || fail \
        "another rollout has changed this host since this one was prepared:" "$(last_rollout)" \
        "nothing was changed: review that rollout, then run this one again"
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
