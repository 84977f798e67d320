# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2153
# The image of the Debian guest, in a layer of its own. Only `lab bench` needs it.

# build_debian_guest: made once for all labs and checkouts that want the same.
build_debian_guest() {
    local id layer work=$CACHE/build/debian-$CHECKOUT
    id=$(hash_files "$LAB_DIR/guest/debian")-$SUITE
    layer=$CACHE/layers/debian-$id
    [[ -d $layer ]] || lock "$CACHE/lock.debian" "the Debian guest's image"
    if [[ ! -d $layer ]]; then
        say "making the Debian guest's image; this takes some minutes (log: $CACHE/build-debian.log)"
        rm -rf --one-file-system "$layer.new" "$work"
        mkdir -p "$layer.new/usr/share/lockstep-lab" "$work"
        if ! make_debian_guest "$work" >"$CACHE/build-debian.log" 2>&1; then
            tail -n 20 "$CACHE/build-debian.log" >&2
            say "making the Debian guest's image failed, see above and $CACHE/build-debian.log"
            return 1
        fi
        mv "$work/debian" "$layer.new/usr/share/lockstep-lab/debian"
        rm -rf --one-file-system "$work"
        mv "$layer.new" "$layer"
    fi
    mkdir -p "$CURRENT"
    echo "$id" >"$CURRENT/debian"
    drop_layers debian "$id"
}

# make_debian_guest DIRECTORY: makes DIRECTORY/debian, which is what hosts get. DIRECTORY is /build/debian-... in the tree.
make_debian_guest() {
    make_debian_root "$1/root" &&
        in_tree /src/tests/lab/guest/debian/image "/build/${1##*/}/root" "/build/${1##*/}/debian"
}

# make_debian_root DIRECTORY: the smallest Debian of the tree's release and mirror, with the guest's packages,
# set up. Called where a failure is looked at, so each step says so itself.
make_debian_root() {
    local root=$1 mirror packages
    mirror=$(awk '$1 == "deb" { print $2; exit }' "$TREE/etc/apt/sources.list")
    mapfile -t packages < <(sed 's/#.*//' "$LAB_DIR/guest/debian/packages" | xargs -n1)
    need debootstrap debootstrap debian-archive-keyring
    # Certificates: the mirror may be one of HTTPS.
    retry 3 debootstrap --variant=minbase --include=ca-certificates "$SUITE" "$root" "$mirror" || return 1
    cp "$TREE/etc/apt/sources.list" "$root/etc/apt/sources.list" || return 1
    cp "$TREE"/etc/apt/apt.conf.d/{80lab,90machine} "$root/etc/apt/apt.conf.d/" || say "no settings of apt to take over"
    cp "$TREE/etc/dpkg/dpkg.cfg.d/lab" "$root/etc/dpkg/dpkg.cfg.d/lab" || return 1
    # No service starts from a package's scripts.
    cp -p "$TREE/usr/sbin/policy-rc.d" "$root/usr/sbin/policy-rc.d" || return 1
    cat /etc/resolv.conf >"$root/etc/resolv.conf" || say "this machine has no /etc/resolv.conf"
    retry 3 in_fresh_tree "$root" apt-get -q update || return 1
    retry 3 in_fresh_tree "$root" apt-get -q install -y --no-install-recommends "${packages[@]}" || return 1
    cp "$LAB_DIR/guest/debian/setup" "$root/tmp/setup" || return 1
    in_fresh_tree "$root" /tmp/setup || return 1
    install -m 755 "$LAB_DIR/guest/debian/lab-init" "$root/sbin/lab-init" || return 1
    rm -f "$root/tmp/setup" "$root/usr/sbin/policy-rc.d" "$root/etc/apt/apt.conf.d/90machine"
    : >"$root/etc/resolv.conf"
}
