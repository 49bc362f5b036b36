#!/usr/bin/env bash
# Runs every test of the workspace; arguments go to cargo test: scripts/test.sh -p warden-sip uri
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/need.sh
need test

cargo test --workspace --locked "$@"
