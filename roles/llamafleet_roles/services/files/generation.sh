# Keeps each state that worked as a generation, for rolling back. Sourced by apply.sh.
#
# $state/generations/NUMBER has `plan.json` (the services as they were applied), `names.tsv` (what
# builds, programs and weights their names stood for), `before` (the number of the generation that it
# followed) and `record` (who rolled it out, and when). `current` is a link to one of them. Contents
# may be secret: the folder is for root alone.

MOST_GENERATIONS=20

point_to() { # number
    rm -f -- "$generations/.current.new"
    ln -s -- "$1" "$generations/.current.new"
    mv -fT -- "$generations/.current.new" "$generations/current"
    flush "$generations"
}

store_generation() { # number before
    fresh=$generations/.new
    rm -rf -- "$fresh"
    mkdir -m 700 -- "$fresh"
    cp -- "$bundle/generation.json" "$fresh/plan.json"
    cp -- "$bundle/names.tsv" "$fresh/names.tsv"
    sed '/^id /d' "$bundle/record" >"$fresh/record"
    echo "$2" >"$fresh/before"
    for file in "$fresh"/*; do flush "$file"; done
    step
    mv -T -- "$fresh" "$generations/$1"
    flush "$generations"
}

has_its_builds() { # folder of a generation: the installs that it names are there
    while IFS=$tab read -r kind path found; do
        [ "$kind" != build ] || [ "$found" = absent ] || [ -d "$root$found" ] || return 1
    done <"$1/names.tsv"
}

drop_old_generations() { # those whose builds are gone, and more than fit
    now=$(current_generation)
    ls -- "$generations" | grep -x '[0-9]*' | sort -rn | {
        count=0
        while IFS= read -r number; do
            count=$((count + 1))
            [ "$number" != "$now" ] || continue
            [ "$count" -gt "$MOST_GENERATIONS" ] || ! has_its_builds "$generations/$number" || continue
            rm -rf -- "$generations/$number"
        done
    }
}

keep_generation() {
    [ -f "$bundle/generation.json" ] || return 0
    mkdir -p -m 700 -- "$generations"
    lines name | stand_for >"$bundle/names.tsv"
    now=$(current_generation)
    number=$(lines generation)
    if [ -n "$number" ] && [ -d "$generations/$number" ]; then
        point_to "$number"
        say "this host is at generation $number again"
    elif [ -z "$now" ] || ! cmp -s "$bundle/generation.json" "$generations/$now/plan.json" ||
        ! cmp -s "$bundle/names.tsv" "$generations/$now/names.tsv"; then
        number=$(($(ls -- "$generations" | grep -x '[0-9]*' | sort -n | tail -n 1) + 1))
        store_generation "$number" "$now"
        step
        point_to "$number"
    fi
    step
    drop_old_generations
}
