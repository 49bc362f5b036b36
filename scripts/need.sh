#!/usr/bin/env bash
# Installs what a purpose needs and is not there: scripts/need.sh build|g729|check|test|fuzz
# Other scripts source this file and call `need <purpose>`, which also puts cargo on their PATH.
set -euo pipefail

HOME=${HOME:-~} # a bare machine may start a job without it
export HOME
export PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"

# Where the tools below are installed, out of the way of the user's own.
need_tools=target/tools
need_deny_version=0.20.2
need_fuzz_version=0.13.2

need_fail() {
    echo "need.sh: $1" >&2
    exit 1
}

# Each Debian package with the program that shows that it is there, for systems without dpkg.
need_packages() {
    echo gcc:gcc libc6-dev:gcc make:make curl:curl ca-certificates:curl git:git pkg-config:pkg-config
    echo cmake:cmake # libopus, whose source comes with its crate
    echo libspeex-dev:pkg-config
    case $1 in
    g729 | test) echo libbcg729-dev:pkg-config ;;&
    check | fuzz) echo g++:g++ ;;& # libFuzzer is C++
    check) echo shellcheck:shellcheck ;;
    # Node's own packages for Debian have npm in them, and Debian's npm does not go with those.
    test) command -v npm >/dev/null || echo nodejs:node npm:npm ;;&
    # Certificates, real phones, a ban tool of which only the reader is run, the other database, and a counter of instructions.
    # Other implementations of the codecs and of SRTP, which ours are compared with, and somebody who speaks.
    test) echo ffmpeg:ffmpeg libspandsp-dev:cc libsrtp2-dev:gcc espeak-ng:espeak-ng ;;&
    test) echo openssl:openssl baresip-core:baresip linphone-cli:linphonec sip-tester:sipp fail2ban:fail2ban-regex postgresql:psql valgrind:valgrind ;;
    esac
}

need_is_installed() {
    local package=${1%%:*} program=${1##*:}
    if command -v dpkg-query >/dev/null; then
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]]
    else
        command -v "$program" >/dev/null
    fi
}

need_debian_packages() {
    local entry missing=() as_root=()
    for entry in $(need_packages "$1"); do
        need_is_installed "$entry" || missing+=("${entry%%:*}")
    done
    ((${#missing[@]})) || return 0
    command -v apt-get >/dev/null || need_fail "install these packages (Debian's names), then try again: ${missing[*]}"
    if ((EUID != 0)); then
        command -v sudo >/dev/null || need_fail "become root to install these packages: ${missing[*]}"
        as_root=(sudo)
    fi
    as_root+=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
    # A package list that cannot be refreshed may still be good enough.
    "${as_root[@]}" update >&2 || true
    "${as_root[@]}" install -y --no-install-recommends "${missing[@]}" >&2 ||
        need_fail "apt-get could not install ${missing[*]}"
}

# A newer Rust than the one that rust-toolchain.toml names is as good.
need_has_rust() {
    local wanted found
    wanted=$(sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)
    found=$(rustc --version 2>/dev/null | cut -d ' ' -f 2)
    printf '%s\n' "$wanted" "$found" | sort --version-sort --check=quiet &&
        cargo clippy --version >/dev/null 2>&1 && cargo fmt --version >/dev/null 2>&1
}

# rustup reads the version from rust-toolchain.toml.
need_rust() {
    if ! command -v cargo >/dev/null && ! command -v rustup >/dev/null; then
        curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs |
            sh -s -- -y --profile minimal --default-toolchain none --no-modify-path >&2 ||
            need_fail "could not install Rust from https://rustup.rs"
    fi
    need_has_rust && return
    command -v rustup >/dev/null ||
        need_fail "this Rust is too old, or lacks clippy or rustfmt: install it from https://rustup.rs"
    rustup toolchain install >&2 || need_fail "rustup could not install the toolchain that rust-toolchain.toml names"
    need_has_rust || need_fail "the toolchain that rust-toolchain.toml names lacks cargo, clippy or rustfmt"
}

need_cargo_tool() {
    local tool=$1 version=$2
    [[ $("$need_tools/bin/$tool" --version 2>/dev/null) == "$tool $version" ]] && return
    echo "installing $tool $version, once; this takes a few minutes" >&2
    cargo install --quiet --locked --force --root "$need_tools" "$tool@$version" >&2 ||
        need_fail "could not install $tool $version"
}

# The phone of browsers, which the tests run in Node.
need_jssip() {
    local from=crates/warden/tests/real/jssip to=$need_tools/jssip
    cmp --quiet "$from/package-lock.json" "$to/installed.json" && return
    mkdir -p "$to"
    cp "$from/package.json" "$from/package-lock.json" "$to"
    (cd "$to" && npm ci --silent --ignore-scripts --no-audit --no-fund --no-update-notifier) >&2 ||
        need_fail "npm could not install JsSIP"
    cp "$to/package-lock.json" "$to/installed.json"
}

need() {
    case ${1:-} in
    build | g729 | check | test | fuzz) ;;
    *) need_fail "say what for: build, g729, check, test or fuzz" ;;
    esac
    need_debian_packages "$1"
    need_rust
    case $1 in
    check) need_cargo_tool cargo-deny "$need_deny_version" ;;
    fuzz) need_cargo_tool cargo-fuzz "$need_fuzz_version" ;;
    test) need_jssip ;;
    esac
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
    cd "$(dirname "$0")/.."
    need "$@"
fi
