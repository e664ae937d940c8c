#!/bin/sh
# Clients that never read, stall, trickle or break off, beside others that do not; every event is recounted.
set -eu
quikko loadtest smoke -o quiet --live off

# Expected output:
# pass
