#!/usr/bin/env bash
# A private PostgreSQL for tests, demo and measurements: a short folder below /tmp, TCP on a free port of 127.0.0.1, a password of
# its own, durable as in earnest. It runs as user postgres if we are root, since PostgreSQL refuses root, and knows nothing of
# any other cluster.
#
#   tests/postgres.sh start [NAME=VALUE …]   starts one, with settings; prints its folder, then its address
#                                            (LINTAS_POSTGRES_MIB=80: on a file system of that size, if we are root)
#   tests/postgres.sh resize FOLDER MIB      makes that file system larger or smaller
#   tests/postgres.sh halt FOLDER            crashes it (as a power cut would); the folder stays
#   tests/postgres.sh again FOLDER           starts it again, under the same address
#   tests/postgres.sh stop FOLDER            ends it and removes the folder
#   tests/postgres.sh programs               says where the server's programs are
set -euo pipefail

fail() {
    echo "postgres: $*" >&2
    exit 1
}

# The programs of the newest installed version; LINTAS_TEST_POSTGRES_BIN names others.
programs() {
    local found="${LINTAS_TEST_POSTGRES_BIN:-}"
    [ -n "$found" ] || found=$(find /usr/lib/postgresql /usr/local/pgsql -maxdepth 2 -name bin -type d 2>/dev/null | sort -V | tail -n 1 || true)
    if [ -z "$found" ] && command -v initdb >/dev/null 2>&1; then
        found=$(dirname "$(readlink -f "$(command -v initdb)")")
    fi
    [ -x "$found/initdb" ] || fail "there is no PostgreSQL server here; install it (as root: apt-get install postgresql)"
    echo "$found"
}

# Runs a command as the user who may run PostgreSQL, in a folder that it may read.
as_user() {
    cd /
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid=postgres --regid=postgres --init-groups -- "$@"
    else
        "$@"
    fi
}

free_port() {
    local port
    for _ in $(seq 50); do
        port=$((20000 + (RANDOM << 15 | RANDOM) % 12000))
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            echo "$port"
            return
        fi
    done
    fail "no free port was found"
}

run() { # run BIN FOLDER
    as_user "$1/pg_ctl" start --silent --wait --timeout=60 --pgdata="$2/data" --log="$2/log" >/dev/null
}

start() {
    local bin folder password port small=()
    bin=$(programs)
    folder=$(mktemp -d /tmp/lpg.XXXXXX)
    password=$(od -An -tx1 -N16 /dev/urandom | tr -d ' \n')
    printf '%s' "$password" >"$folder/password"
    if [ -n "${LINTAS_POSTGRES_MIB:-}" ]; then
        mkdir "$folder/data"
        mount -t tmpfs -o "size=${LINTAS_POSTGRES_MIB}m,mode=0700" lpg "$folder/data" || fail "no small file system can be made"
        small=(--wal-segsize=1)
        set -- "$@" min_wal_size=2MB max_wal_size=8MB
    fi
    [ "$(id -u)" != 0 ] || chown -R postgres: "$folder"
    if ! as_user "$bin/initdb" --pgdata="$folder/data" --username=lintas --pwfile="$folder/password" --auth=scram-sha-256 \
        --encoding=UTF8 --locale=C --no-sync "${small[@]}" >"$folder/initdb" 2>&1; then
        cat "$folder/initdb" >&2
        fail "initdb failed"
    fi
    {
        echo "listen_addresses = '127.0.0.1'"
        echo "unix_socket_directories = ''"
        for setting in "$@"; do
            echo "${setting%%=*} = '${setting#*=}'"
        done
    } >>"$folder/data/postgresql.conf"
    # The port may be taken between choosing and binding it.
    for _ in 1 2 3 4 5; do
        port=$(free_port)
        sed -i '/^port = /d' "$folder/data/postgresql.conf"
        echo "port = $port" >>"$folder/data/postgresql.conf"
        if run "$bin" "$folder" 2>/dev/null; then
            printf '%s\npostgres://lintas:%s@127.0.0.1:%s/postgres\n' "$folder" "$password" "$port"
            return
        fi
    done
    tail -n 20 "$folder/log" >&2
    stop "$folder"
    fail "the server did not start"
}

halt() { # halt FOLDER MODE
    as_user "$(programs)/pg_ctl" stop --silent --mode="$2" --timeout=60 --pgdata="$1/data" >/dev/null 2>&1 || true
}

stop() {
    case "$1" in
        /tmp/lpg.*) ;;
        *) fail "$1 is no folder of this script" ;;
    esac
    halt "$1" immediate
    if mountpoint -q "$1/data"; then
        umount "$1/data"
    fi
    rm -rf "$1"
}

action=${1:-}
shift || true
case "$action" in
    start) start "$@" ;;
    halt) halt "${1:?which folder}" immediate ;;
    again) run "$(programs)" "${1:?which folder}" ;;
    stop) stop "${1:?which folder}" ;;
    resize) mount -o "remount,size=${2:?how many MiB}m" "${1:?which folder}/data" ;;
    programs) programs ;;
    *) fail "say start, resize, halt, again, stop or programs" ;;
esac
