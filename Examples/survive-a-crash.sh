#!/bin/sh
# A link that was answered survives kill -9: the server is killed the moment the short URL is printed, and started again.
set -eu
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
export HOME="$home" XDG_DATA_HOME= XDG_CONFIG_HOME= QUIKKO_DATA_DIR="$home/data"

start() {
    mkfifo "$home/ready"
    quikko serve --port "$1" --print-ready > "$home/ready" &
    server=$!
    read -r line < "$home/ready"
    rm "$home/ready"
    port=$(printf '%s' "$line" | sed 's/.*"port":\([0-9]*\).*/\1/')
    export QUIKKO_URL="http://127.0.0.1:$port"
}

start 0
quikko shorten https://swift.org --code survivor -o quiet
kill -9 "$server"
wait "$server" 2> /dev/null || true

start "$port"
quikko click survivor --fields code,location
kill "$server"
wait "$server"

# Expected output:
# survivor
# survivor	https://swift.org
