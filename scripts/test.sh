#!/usr/bin/env bash
# Runs every test of the workspace; arguments go to cargo test: scripts/test.sh -p warden-sip uri
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/need.sh
need test

cargo test --workspace --locked "$@"

# Instructions per message, counted by callgrind in a release build; more than a fifth above the noted count fails.
if (($# == 0)); then
    cargo bench --locked --quiet -p warden-sip --bench instructions
fi
