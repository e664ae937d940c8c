#!/bin/sh
# One link, a live feed of it, and clicks that appear in the feed at once.
# Runs against a private server of its own, or against $QUIKKO_URL when that is set.
set -eu
if [ -z "${QUIKKO_URL-}" ]; then exec quikko serve --temp --run -- "$0"; fi

code=$(quikko shorten https://swift.org/documentation -o quiet)
feed=$(mktemp)
trap 'rm -f "$feed"' EXIT

quikko subscribe "$code" --count 3 --timeout 30s --fields country,deviceType,browser > "$feed" &
# The feed begins when its socket is open, so click until it has heard enough.
while kill -0 $! 2> /dev/null; do
    quikko click "$code" --country DE --agent mobile > /dev/null
done
wait $!
cat "$feed"

# Expected output:
# DE	mobile	Safari
# DE	mobile	Safari
# DE	mobile	Safari
