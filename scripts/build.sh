#!/usr/bin/env bash
# Builds the program: target/release/warden. `scripts/build.sh --features g729` makes one that converts G.729, and that
# may be given away under the GPL-3.0 only.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/need.sh
need build
[[ "$*" != *g729* ]] || need g729

cargo build --release --locked --package warden "$@"
