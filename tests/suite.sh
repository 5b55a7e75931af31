#!/usr/bin/env bash
# Everything `make test` runs. Each step runs even if one before it failed; the last line sums up the tests.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export CARGO_TERM_COLOR=never

log=$(mktemp)
postgres=
clean() {
    rm -f "$log"
    [ -z "$postgres" ] || tests/postgres.sh stop "$postgres"
}
trap clean EXIT
trap 'exit 130' INT TERM
failed_steps=()

step() { # step NAME COMMAND…
    local name=$1
    shift
    echo "== $name"
    "$@" || failed_steps+=("$name")
}

# One private PostgreSQL for all tests of the store; each makes databases of its own.
if [ -z "${LINTAS_TEST_POSTGRES:-}" ]; then
    if started=$(tests/postgres.sh start max_connections=200); then
        postgres=$(head -n 1 <<<"$started")
        LINTAS_TEST_POSTGRES=$(tail -n 1 <<<"$started")
        export LINTAS_TEST_POSTGRES
    else
        failed_steps+=("PostgreSQL")
    fi
fi

step format cargo fmt --all --check
step lint cargo clippy --workspace --all-targets --locked --quiet -- -D warnings
run_tests() { cargo test --workspace --locked --no-fail-fast 2>&1 | tee "$log"; }
step test run_tests

# Which ones failed and what they said stands last, where the closing lines of a log are kept.
sed -n '/^---- .* ----$/,/^test result:/p' "$log" | grep -v '^test result:' | tail -n 60
grep -E '^test .* FAILED$' "$log"
if [ "${#failed_steps[@]}" -gt 0 ]; then
    echo "failed: ${failed_steps[*]}"
fi
awk '/^test result:/ {
        for (i = 2; i <= NF; i++) {
            if ($i ~ /^passed;?$/) passed += $(i - 1)
            if ($i ~ /^failed;?$/) failed += $(i - 1)
        }
     }
     END { printf "%d passed, %d failed\n", passed, failed }' "$log"
[ "${#failed_steps[@]}" -eq 0 ]
