#!/usr/bin/env bash
# Builds the program: target/release/warden.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/need.sh
need build

cargo build --release --locked --package warden
