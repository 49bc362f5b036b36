#!/usr/bin/env bash
# Runs a command in a fresh clone of the last commit, inside a bare Debian 12 that has git and make, as README.md wants,
# and nothing else:
#   scripts/bare-root.sh make test
# Needs root and mmdebstrap. With WARDEN_BARE_RUST=host the machine's own Rust is lent to it, for places from which
# rustup's downloads cannot be reached. With WARDEN_BARE_USER=NAME the command is run by a user of that name who may use
# sudo, not by root. With WARDEN_BARE_SUITE=noble it is an Ubuntu 24.04; a machine without Ubuntu's keys needs
#   WARDEN_BARE_MIRROR='deb [trusted=yes] http://archive.ubuntu.com/ubuntu noble main universe'
set -euo pipefail
cd "$(dirname "$0")/.."

suite=${WARDEN_BARE_SUITE:-bookworm}
(($#)) || { echo "bare-root.sh: say which command to run" >&2 && exit 1; }
((EUID == 0)) || { echo "bare-root.sh: become root first" >&2 && exit 1; }
command -v mmdebstrap >/dev/null || { echo "bare-root.sh: install mmdebstrap first" >&2 && exit 1; }

root=$(mktemp -d /var/tmp/warden-bare-root.XXXXXX)
cleanup() {
    # Mounts live in a namespace of their own and are gone by now.
    rm -rf --one-file-system "$root"
}
trap cleanup EXIT

user=${WARDEN_BARE_USER:-root}
packages=git,make,ca-certificates
[[ $user == root ]] || packages+=,sudo,passwd
mmdebstrap --quiet --variant=apt --include="$packages" "$suite" "$root" ${WARDEN_BARE_MIRROR:+"$WARDEN_BARE_MIRROR"}
cp --remove-destination /etc/resolv.conf "$root/etc/resolv.conf"
cp --remove-destination /etc/hosts "$root/etc/hosts"
# What this machine trusts, the bare one has to trust too: a company's certificates, say.
cp -r /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/" 2>/dev/null || true
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
git clone --quiet --no-hardlinks . "$root/warden"
home=/root
if [[ $user != root ]]; then
    home=/home/$user
    chroot "$root" useradd --create-home --shell /bin/bash "$user"
    chroot "$root" chown -R "$user:" /warden
    echo "$user ALL=(ALL) NOPASSWD: ALL" >"$root/etc/sudoers.d/$user"
    chmod a+rx "$root/root" # to the Rust that may be lent
fi

lend=()
rustup_home=${RUSTUP_HOME:-$HOME/.rustup}
path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
if [[ ${WARDEN_BARE_RUST:-} == host ]]; then
    # At the same places, since rustup's links are absolute, and to be read only.
    lend=("${CARGO_HOME:-$HOME/.cargo}/bin" "$rustup_home")
    path=${lend[0]}:$path
fi
# shellcheck disable=SC2016 # expanded by the inner shell
unshare --mount --pid --fork --kill-child bash -euc '
    root=$1 user=$2 home=$3 path=$4 rustup_home=$5 count=$6; shift 6
    for mount in proc sys dev; do mkdir -p "$root/$mount"; done
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    mount -t tmpfs tmpfs "$root/tmp"
    for ((; count > 0; count--)); do
        mkdir -p "$root$1"
        mount --bind "$1" "$root$1"
        mount -o remount,bind,ro "$root$1"
        shift
    done
    exec chroot --userspec="$user" "$root" env -i HOME="$home" PATH="$path" RUSTUP_HOME="$rustup_home" TERM="${TERM:-dumb}" \
        bash -c "cd /warden && exec \"\$@\"" bash "$@"
' bash "$root" "$user" "$home" "$path" "$rustup_home" "${#lend[@]}" "${lend[@]}" "$@"
