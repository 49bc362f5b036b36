#!/usr/bin/env bash
# Runs every benchmark, or those that the arguments of cargo bench name: scripts/bench.sh -p warden-sip --bench parse
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/need.sh
need test # SIPp is the phones of one of them

(($#)) || set -- --workspace --bench '*'
# One that fails, such as a cost that has crept up, does not keep the others from being measured.
cargo bench --locked --no-fail-fast "$@"
