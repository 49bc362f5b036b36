#!/usr/bin/env bash
# Feeds each fuzz target for a while: scripts/fuzz.sh [seconds, default 600] [target...]
# Reads the committed inputs in fuzz/corpus/<target>, and keeps what it finds in target/fuzz-corpus/<target>.
# An input that crashes stays in fuzz/artifacts/<target>.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/need.sh

fail() {
    echo "fuzz.sh: $1" >&2
    exit 1
}

seconds=${1:-600}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || fail "the first argument is the number of seconds for each target, not '$seconds'"
targets=("${@:2}")
if ((${#targets[@]} == 0)); then
    for file in fuzz/fuzz_targets/*.rs; do
        [[ -e $file ]] || fail "there is no target in fuzz/fuzz_targets"
        targets+=("$(basename "$file" .rs)")
    done
fi
for target in "${targets[@]}"; do
    [[ -e fuzz/fuzz_targets/$target.rs ]] || fail "there is no target fuzz/fuzz_targets/$target.rs"
done
need fuzz

# The sanitizer's flags are unstable: this lets the stable toolchain take them.
export RUSTC_BOOTSTRAP=1

# Sets how a target is built and fed. Two live a whole life for each input: without the sanitizer and libFuzzer's account
# of rare features they do so some thirty times as often, and a few hundred choices are life enough.
choose_flags() {
    case $1 in
    transactions | dialogs)
        build_flags=(--sanitizer none)
        run_flags=(-max_len=300 -len_control=0 -entropic=0 -print_funcs=0)
        ;;
    *) build_flags=() run_flags=() ;;
    esac
}

failed=()
for target in "${targets[@]}"; do
    choose_flags "$target"
    "$need_tools/bin/cargo-fuzz" build "${build_flags[@]}" "$target"
done
for target in "${targets[@]}"; do
    choose_flags "$target"
    echo "== $target for $seconds s"
    found=target/fuzz-corpus/$target
    mkdir -p "$found" "fuzz/corpus/$target"
    "$need_tools/bin/cargo-fuzz" run "${build_flags[@]}" "$target" "$found" "fuzz/corpus/$target" -- \
        -seed=1 "-max_total_time=$seconds" -timeout=10 -rss_limit_mb=2048 "${run_flags[@]}" || failed+=("$target")
done

if ((${#failed[@]})); then
    printf 'failed: %s\n' "${failed[@]}" >&2
    exit 1
fi
echo "no target failed"
