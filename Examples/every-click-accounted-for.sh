#!/bin/sh
# A stalled client, a killed server and a slow disk in one run, and the tail still adds up: every number came as a click, or
# the log names where an epoch ended. Needs perl (part of every Debian) to hold the database's write lock.
set -eu
home=$(mktemp -d)
trap 'kill $tail $stalled $server 2> /dev/null || true; rm -rf "$home"' EXIT
export HOME="$home" XDG_DATA_HOME= XDG_CONFIG_HOME= QUIKKO_DATA_DIR="$home/data"
tail= stalled= server=

start() {
    mkfifo "$home/ready"
    quikko serve --port "$1" --outbox-messages 32 --sndbuf 4KiB --print-ready > "$home/ready" 2>> "$home/log" &
    server=$!
    read -r line < "$home/ready"
    rm "$home/ready"
    port=$(printf '%s' "$line" | sed 's/.*"port":\([0-9]*\).*/\1/')
    export QUIKKO_URL="http://127.0.0.1:$port"
}
clicks() { quikko click guide --count "$1" -o quiet > /dev/null; }

start 0
quikko shorten https://swift.org --code guide -o quiet

# One tail that lives through it all, and one client that hardly reads.
quikko subscribe --since 0:0 > "$home/tail" 2> /dev/null &
tail=$!
quikko subscribe --since 0:0 --stall 300ms/1s --no-backfill > "$home/stalled" 2> /dev/null &
stalled=$!
clicks 2000

# A slow disk: someone else holds the write lock for two seconds. Redirects go on.
perl -e 'open(F, "+<", $ARGV[0]) or die; my $lock = pack("ssx4qqix4", 1, 0, 120, 1, 0); fcntl(F, 7, $lock) or die; sleep 2' \
    "$QUIKKO_DATA_DIR/quikko.sqlite-shm" &
clicks 500
wait $!
while [ "$(quikko status --fields clicks.unlogged)" != 0 ]; do :; done

# kill -9 in the middle of more clicks, and a new server in its place.
clicks 100000 2> /dev/null &
clicking=$!
while [ "$(wc -l < "$home/tail")" -lt 2600 ]; do :; done
kill -9 "$server"
wait "$clicking" 2> /dev/null || true
start "$port"
clicks 10

# The tail ends where the feed does; then both are recounted.
head=$(quikko status -o position)
while ! grep -q "\"position\":\"$head\"" "$home/tail"; do :; done
kill "$server"; wait "$server"
kill "$tail" "$stalled" 2> /dev/null; wait "$tail" "$stalled" 2> /dev/null || true

perl - "$home/tail" <<'PERL'
# Every click of the log is in the tail once; what the tail has beyond it lies behind an end that it was told of.
my (%seen, %end, $clicks, $last);
while (<>) {
    if (/"type":"click".*"position":"(\d+):(\d+)"/) {
        die "$1:$2 came twice\n" if $seen{"$1:$2"}++;
        die "$1:$2 came behind $last\n" if defined $last && $2 > $last + 1;
        ($last, $clicks) = ($2, $clicks + 1);
    } elsif (/"type":"hole".*"epoch":(\d+),"from":(\d+),"to":null,"reason":"crash"/) {
        $end{$1} = $2;
    } elsif (/"type":"(gap|hole)"/) {
        die "unexpected: $_";
    }
}
my $lost = grep { my ($e, $n) = split /:/; defined $end{$e} && $n >= $end{$e} } keys %seen;
die "numbers do not add up\n" if $clicks - $lost != $last;
print "the tail has every number up to the head, each once\n";
print "epoch 1 ended, and the tail was told where\n" if $end{1} > 2500;
PERL
grep -q '"type":"gap"' "$home/stalled" && echo 'the stalled client was told what it missed'

# Expected output:
# guide
# the tail has every number up to the head, each once
# epoch 1 ended, and the tail was told where
# the stalled client was told what it missed
