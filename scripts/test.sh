#!/usr/bin/env bash
# Runs every test of the workspace; arguments go to cargo test: scripts/test.sh -p warden-sip uri
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/need.sh
need test

cargo test --workspace --locked "$@"

# What is built in only when it is asked for.
if (($# == 0)); then
    cargo test --locked -p warden-g729 --features native
    cargo test --locked -p warden-codec --features g729 --test g729
    cargo test --locked -p warden-media --features g729 --test transcoding
fi

# Instructions per message, counted by callgrind in a release build; more than a fifth above the noted count fails.
if (($# == 0)); then
    cargo bench --locked --quiet -p warden-sip --bench instructions
fi
