#!/bin/sh
# Starts the current version of an installation that is one folder (app/updates/folder.py).
# A version that was just put in place is on trial: if it ends before it said that it works, or a
# start before never came that far, the version before is taken back and started instead.
set -u
home=$(CDPATH='' cd -- "$(dirname -- "$(readlink -f -- "$0")")" && pwd)
export CONCLAVE_FOLDER="$home"

program() { # the real path: what runs must not change under it when the link does
    printf '%s/%s/conclave' "$home" "$(readlink "$home/current")"
}

take_back() {
    broken=$(basename "$(readlink "$home/current")")
    before=$(readlink "$home/previous") || return 1
    [ -x "$home/$before/conclave" ] && [ "$broken" != "$(basename "$before")" ] || return 1
    echo "Conclave $broken did not start; $(basename "$before") is taken back." >&2
    echo "$broken" >"$home/.taken-back.$$" && mv -f "$home/.taken-back.$$" "$home/taken-back"
    ln -s "$before" "$home/.current.$$" && mv -fT "$home/.current.$$" "$home/current" || return 1
    rm -f "$home/trial"
}

if [ -w "$home" ] && read -r state 2>/dev/null <"$home/trial"; then
    if [ "$state" = new ]; then
        echo "$$" >"$home/trial"
        "$(program)" "$@"
        code=$?
        if [ ! -e "$home/trial" ]; then exit "$code"; fi # it said that it works
        if [ "$code" = 0 ] || [ "$code" = 130 ]; then    # only asked something, or stopped by hand
            echo new >"$home/trial"
            exit "$code"
        fi
        take_back || exit "$code"
    elif ! kill -0 "$state" 2>/dev/null; then
        take_back || true
    fi
fi
exec "$(program)" "$@"
