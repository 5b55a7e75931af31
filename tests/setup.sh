#!/usr/bin/env bash
# Makes sure of the tools that building and testing need. Silent when all are there.
set -euo pipefail

missing=()
need() { # need COMMAND PACKAGE
    command -v "$1" >/dev/null 2>&1 || missing+=("$2")
}
look() {
    missing=()
    need cc gcc
    if [ "$(uname -s)" = Linux ]; then
        need strace strace
    fi
    # A server of any version will do; LINTAS_TEST_POSTGRES names one that runs already.
    if [ -z "${LINTAS_TEST_POSTGRES:-}" ] && ! tests/postgres.sh programs >/dev/null 2>&1; then
        missing+=(postgresql)
    fi
}
cd "$(dirname "${BASH_SOURCE[0]}")/.."
look

if [ "${#missing[@]}" -gt 0 ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "setup: installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq >/dev/null || true
    if [[ " ${missing[*]} " == *" postgresql "* ]] && ! [ -e /etc/postgresql-common ]; then
        # The tests run a cluster of their own; a machine that had none gets none that listens.
        apt-get install -y -qq --no-install-recommends postgresql-common >/dev/null 2>&1 &&
            echo 'create_main_cluster = false' >>/etc/postgresql-common/createcluster.conf
    fi
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null 2>&1 ||
        echo "setup: apt-get could not install: ${missing[*]}" >&2
    look
fi
if [ "${#missing[@]}" -gt 0 ]; then
    echo "setup: please install: ${missing[*]} (as root: apt-get install ${missing[*]})" >&2
fi

if ! command -v cargo >/dev/null 2>&1; then
    echo "setup: please install Rust: see https://rustup.rs" >&2
    exit 1
fi
for part in fmt clippy; do
    if ! cargo "$part" --version >/dev/null 2>&1; then
        echo "setup: please install the Rust component for cargo $part (rustup component add rustfmt clippy)" >&2
        exit 1
    fi
done
# Without a C compiler nothing builds. Without strace or PostgreSQL all but the tests that need it pass, and those say so.
command -v cc >/dev/null 2>&1
