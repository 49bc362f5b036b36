#!/usr/bin/env bash
# Runs the benchmarks; arguments go to cargo bench: scripts/bench.sh -p warden-sip
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/need.sh
need test # SIPp is the phones of one of them

# One that fails, such as a cost that has crept up, does not keep the others from being measured.
cargo bench --workspace --locked --no-fail-fast "$@"
