#!/usr/bin/env bash
# Makes sure of the tools that building and testing need. Silent when all are there.
set -euo pipefail

missing=()
need() { # need COMMAND PACKAGE
    command -v "$1" >/dev/null 2>&1 || missing+=("$2")
}
need cc gcc
if [ "$(uname -s)" = Linux ]; then
    need strace strace
fi

if [ "${#missing[@]}" -gt 0 ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "setup: installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >/dev/null ||
        echo "setup: apt-get could not install: ${missing[*]}" >&2
    missing=()
    need cc gcc
    if [ "$(uname -s)" = Linux ]; then
        need strace strace
    fi
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
# Without a C compiler nothing builds. Without strace all but the tests that need it pass, and those say so.
command -v cc >/dev/null 2>&1
