#!/bin/sh
# Installs the programs that the tests drive, where root and apt-get are there to do it; otherwise
# says what is missing, and the tests that need it are skipped with the same words.
set -u

have() { command -v "$1" >/dev/null 2>&1; }

missing=""
need() { missing="$missing $1"; }

have chromium || [ -n "${CHROMIUM:-}" ] || need chromium
fc-list :lang=zh 2>/dev/null | grep -q . || need fonts-noto-cjk
have initdb || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || need postgresql
have redis-server || need redis-server
have pgbouncer || [ -x /usr/sbin/pgbouncer ] || need pgbouncer
have ogr2ogr || need gdal-bin

[ -n "$missing" ] || exit 0

if [ "$(id -u)" -eq 0 ] && have apt-get; then
    echo "Installing Debian packages:$missing"
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086  # a list of words
    if apt-get update -q </dev/null && apt-get install -qy --no-install-recommends $missing </dev/null
    then
        exit 0
    fi
    echo "The installation failed." >&2
fi
echo "MISSING, so not tested:$missing (Debian package names)" >&2
exit 0
