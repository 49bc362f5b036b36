#!/usr/bin/env bash
# Everything but the tests: format, clippy, tidy, documentation, licences, advisories, shell scripts.
# Runs all steps, then names those that failed.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/need.sh
need check

failed=()

step() {
    local name=$1
    shift
    echo "== $name"
    "$@" || failed+=("$name")
}

deny() {
    "$need_tools/bin/cargo-deny" --locked --log-level error "$@"
}

# An advisory fails; a list that cannot be fetched does not, so that the check also works without a network.
advisories() {
    if ! timeout 120 "$need_tools/bin/cargo-deny" --locked --log-level off fetch db >/dev/null 2>&1; then
        echo "advisory list not reachable: skipped"
        return
    fi
    deny --offline check advisories
}

step "format" cargo fmt --all --check
step "clippy" cargo clippy --quiet --workspace --all-targets --locked -- -D warnings
step "tidy" cargo xtask tidy
RUSTDOCFLAGS=-Dwarnings step "documentation" \
    cargo doc --quiet --no-deps --workspace --document-private-items --locked
step "licences, bans, sources" deny check bans licenses sources
step "advisories" advisories
step "shell scripts" shellcheck --external-sources scripts/*.sh .ci/run
if [[ -d fuzz/fuzz_targets ]]; then
    step "format of fuzz" cargo fmt --manifest-path fuzz/Cargo.toml --check
    step "clippy of fuzz" cargo clippy --quiet --locked --manifest-path fuzz/Cargo.toml --all-targets -- -D warnings
fi

if ((${#failed[@]})); then
    printf 'failed: %s\n' "${failed[@]}" >&2
    exit 1
fi
echo "all checks passed"
