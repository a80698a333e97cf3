#!/bin/sh
# Makes the image that the samples name, telltale/busybox, without a registry: one static busybox and its links.
#
#   scripts/sample-image.sh [--force]
#
# Idempotent: an image that is there stays, unless --force. Needs a Docker daemon and a static busybox: the one
# on PATH if it is static, else the distribution's busybox-static, unpacked beside (not installed).
set -eu

IMAGE=telltale/busybox:latest

if ! docker version >/dev/null 2>&1; then
    echo "no Docker daemon answers; start one (scripts/dockerd.sh) or run the samples with --engine process" >&2
    exit 3
fi
if [ "${1:-}" != --force ] && docker image inspect "$IMAGE" >/dev/null 2>&1; then
    echo "$IMAGE is there"
    exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A dynamic busybox would need a C library that the image doesn't have. Debian's says what it is in its banner.
busybox=$(command -v busybox || true)
if [ -z "$busybox" ] || ldd "$busybox" >/dev/null 2>&1; then
    # apt refuses to write into a directory that its own user can't reach.
    chmod 755 "$work"
    if ! (cd "$work" && { apt-get download -q busybox-static || { apt-get update -q && apt-get download -q busybox-static; }; }) >"$work/apt.log" 2>&1; then
        echo "no static busybox here, and apt-get can't fetch busybox-static:" >&2
        tail -n 3 "$work/apt.log" >&2
        exit 3
    fi
    mkdir "$work/deb"
    dpkg -x "$work"/busybox-static_*.deb "$work/deb"
    busybox="$work/deb/bin/busybox"
    [ -e "$busybox" ] || busybox="$work/deb/usr/bin/busybox"
fi

root="$work/root"
mkdir -p "$root/bin" "$root/etc" "$root/root" "$root/tmp" "$root/usr" "$root/var"
chmod 1777 "$root/tmp"
cp "$busybox" "$root/bin/busybox"
for applet in $("$root/bin/busybox" --list); do
    [ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
done
ln -s ../bin "$root/usr/bin"
printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/tmp:/bin/sh\n' >"$root/etc/passwd"
printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"

tar -C "$root" --owner=0 --group=0 --numeric-owner -c . |
    docker import --change 'ENV PATH=/bin:/usr/bin' --change 'CMD ["/bin/sh"]' - "$IMAGE" >/dev/null
echo "$IMAGE is made"
