#!/bin/sh
# Try a command line in a Debian where nothing is installed, and report its time and downloads:
#   packaging/try_clean_root.sh bookworm /var/tmp/roots ./run --version
# Needs root, debootstrap and a network. The root is kept: add --again before the suite to go on in it.
# What is tried is the last commit. The output is shown at the end, and kept beside the root. On a network with a certificate authority of its own, PIP_CERT
# names the bundle.
set -eu

again=
if [ "$1" = --again ]; then again=yes; shift; fi
suite=$1 folder=$2
shift 2
base=$folder/$suite.base root=$folder/$suite
here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)

[ -d "$base" ] || debootstrap --variant=minbase "$suite" "$base"
if [ -z "$again" ]; then
    rm -rf "$root"
    cp -a "$base" "$root"
    rm -f "$root"/var/cache/apt/archives/*.deb
    cp -L /etc/resolv.conf "$root/etc/resolv.conf"
    [ -z "${PIP_CERT:-}" ] || install -m 644 "$PIP_CERT" "$root/etc/authorities.pem"
fi
mkdir -p "$root/conclave"
git -C "$here" archive HEAD | tar -x -C "$root/conclave"

downloaded() { # MB that apt keeps, and that the setup says it fetched
    {
        du -sm "$root/var/cache/apt/archives" | cut -f1
        sed -n 's/^Conclave: .* (\([0-9.]*\) MB)$/\1/p' "$folder/$suite.log"
    } | awk '{ sum += $1 } END { printf "%.0f", sum }'
}

: >"$folder/$suite.log"
before=$(downloaded) start=$(date +%s) result=0
# The mounts live and die with their own mount namespace; the command has its own process numbers.
# shellcheck disable=SC2016 # expanded by the inner shell
unshare --mount --pid --fork --propagation private sh -euc '
    root=$1
    shift
    mount --bind "$root" "$root"
    mount -t proc proc "$root/proc"
    mount --rbind /sys "$root/sys"
    mount --rbind /dev "$root/dev"
    mount -t tmpfs tmpfs "$root/run"
    mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
    exec chroot "$root" /usr/bin/env -i HOME=/root LANG=C.UTF-8 PATH="$PATH" \
        ${PIP_CERT:+PIP_CERT=/etc/authorities.pem} ${http_proxy:+http_proxy="$http_proxy"} \
        ${https_proxy:+https_proxy="$https_proxy"} sh -c "cd /conclave && exec \"\$@\"" sh "$@"
' sh "$root" "$@" >"$folder/$suite.log" 2>&1 || result=$?
took=$(($(date +%s) - start))
cat "$folder/$suite.log"
echo "$suite: $* -> exit code $result, $took s," \
    "$(($(downloaded) - before)) MB downloaded, $(du -sm "$root" | cut -f1) MB on disk"
exit "$result"
