#!/usr/bin/env bash
# Runs Warden: installs what is missing, builds, sets up var/ unless that is done, and starts. Ctrl-C stops it.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh

warden=${CARGO_TARGET_DIR:-target}/release/warden
echo
"$warden" init --config var/config.yml
echo
echo "Warden starts now and says \"warden ready\". Ctrl-C stops it."
exec "$warden" serve --config var/config.yml
