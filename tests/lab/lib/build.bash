# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The packages, and the layers of files that hosts see over the tree: the packages
# installed, the guests' image. A layer is named after what it was made from and never
# changes, as hosts may run on it.

# One checkout's own names, so that several can share the cache.
CHECKOUT=$(printf '%s' "$SRC" | sha256sum | cut -c1-8)
CURRENT=$CACHE/checkouts/$CHECKOUT

# packages_layer: the directory of the layer with the packages built last, if any.
packages_layer() {
    local id
    { read -r id <"$CURRENT/packages"; } 2>/dev/null || return 0
    [[ ! -d $CACHE/layers/packages-$id ]] || echo "$CACHE/layers/packages-$id"
}

tree_id() { sha256sum <"$TREE/$STAMP" | cut -c1-8; }

build_packages() {
    if [[ ! -e $SRC/debian/rules && ! -e $SRC/packaging/debian/rules ]]; then
        say "no Debian packaging in $SRC: nothing to build"
        return 0
    fi
    local id layer
    id=$(in_tree /src/tests/lab/lib/hash-sources)-$(tree_id)
    layer=$CACHE/layers/packages-$id
    [[ -d $layer ]] || lock_tree
    # Another command may have built it while this one waited.
    if [[ ! -d $layer ]]; then
        say "building the packages (log: $CACHE/build-packages.log)"
        if ! in_tree bash /src/tests/lab/lib/make-packages "/build/packages-$CHECKOUT" >"$CACHE/build-packages.log" 2>&1; then
            grep -E "^FAILED|error|undefined reference|\*\*\*" "$CACHE/build-packages.log" | cut -c1-300 | tail -n 20 >&2
            die "building the packages failed, see above and $CACHE/build-packages.log"
        fi
        install_layer "$layer" || die "the packages were built but cannot be installed, see above"
        say "built: $(cd "$CACHE/packages" && echo *.deb)"
    fi
    mkdir -p "$CURRENT"
    echo "$id" >"$CURRENT/packages"
    drop_layers packages "$id"
}

# install_layer LAYER: the packages installed over the tree, once for all hosts.
install_layer() {
    local layer=$1
    rm -rf "$layer.new" "$layer.work"
    mkdir -p "$layer.new" "$layer.work"
    # shellcheck disable=SC2016 # expanded by that shell
    unshare --mount --pid --fork --kill-child bash -c '
        set -eu
        mount -t overlay overlay -o "lowerdir=$1,upperdir=$2.new,workdir=$2.work" "$3"
        mount -t proc proc "$3/proc"
        mount --rbind /dev "$3/dev"
        mount -t tmpfs run "$3/run"
        mount -t tmpfs tmp "$3/tmp"
        mkdir "$3/tmp/packages"
        cp "$4"/*.deb "$3/tmp/packages"
        # Debug symbols would only make the hosts big.
        rm -f "$3"/tmp/packages/*-dbgsym_*
        # For who installs by hand what a host has already.
        mkdir -p "$3/usr/share/lockstep-lab/packages"
        cp "$3"/tmp/packages/lockstep_*.deb "$3/usr/share/lockstep-lab/packages"
        export DEBIAN_FRONTEND=noninteractive LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin
        chroot "$3" sh -c "dpkg -i /tmp/packages/*.deb"' \
        - "$TREE" "$layer" "$MOUNT_POINT" "$CACHE/packages" >"$CACHE/install.log" 2>&1 || {
        tail -n 20 "$CACHE/install.log" >&2
        return 1
    }
    rm -rf "$layer.work"
    mv "$layer.new" "$layer"
}

# build_guest: the guests' kernel and initramfs, by tests/lab/guest/build.
build_guest() {
    [[ -x $LAB_DIR/guest/build ]] || return 0
    local id layer
    id=$(hash_files "$LAB_DIR" -path './guest/*' -not -path '*/__pycache__/*')-$(tree_id)
    layer=$CACHE/layers/guest-$id
    # A lock of its own: `up` must not wait for someone's long build of the packages.
    [[ -d $layer ]] || lock "$CACHE/lock.guest" "the guests' image"
    if [[ ! -d $layer ]]; then
        say "building the guests' image"
        rm -rf "$layer.new" "$CACHE/build/guest-$CHECKOUT"
        mkdir -p "$layer.new/usr/share/lockstep-lab/guest" "$CACHE/build/guest-$CHECKOUT"
        if ! in_tree env OUT="/build/guest-$CHECKOUT" /src/tests/lab/guest/build "/build/guest-$CHECKOUT" >"$CACHE/build-guest.log" 2>&1; then
            tail -n 20 "$CACHE/build-guest.log" >&2
            die "building the guests' image failed, see above and $CACHE/build-guest.log"
        fi
        cp -a "$CACHE/build/guest-$CHECKOUT/." "$layer.new/usr/share/lockstep-lab/guest/"
        mv "$layer.new" "$layer"
    fi
    mkdir -p "$CURRENT"
    echo "$id" >"$CURRENT/guest"
    drop_layers guest "$id"
}

# drop_layers KIND ID: removes layers of a kind that neither a checkout nor a lab uses. A young
# one may be what a lab that starts just now has chosen.
drop_layers() {
    local layer used
    used=$(cat "$CACHE"/checkouts/*/"$1" "$CACHE"/instances/*/lower 2>/dev/null || true)
    for layer in "$CACHE/layers/$1"-*; do
        [[ -d $layer && $layer != *-"$2" && $used != *"${layer#"$CACHE/layers/$1-"}"* ]] || continue
        [[ -n $(find "$layer" -maxdepth 0 -mmin +60) ]] || continue
        rm -rf --one-file-system "$layer"
    done
}

# lab_layer: copies what the lab itself puts into its hosts.
lab_layer() {
    local files=$1 share=$1/usr/share/lockstep-lab part
    rm -rf "$files"
    mkdir -p "$files"
    cp -R --no-preserve=ownership "$LAB_DIR/host-files/." "$files"
    for part in client guest; do
        [[ ! -d $LAB_DIR/$part ]] || cp -R --no-preserve=ownership "$LAB_DIR/$part" "$share"
    done
    find "$files" -name __pycache__ -prune -exec rm -rf {} +
    [[ ! -e $share/guest/define ]] || ln -sf ../guest/define "$share/bin/guest-define"
    mkdir -p "$files/usr/local/bin"
    ln -sf ../../share/lockstep-lab/bin/lab-service "$files/usr/local/bin/lab-service"
    ln -sf ../../share/lockstep-lab/bin/lab-signal "$files/usr/local/bin/lab-signal"
    hosts_file >"$files/etc/hosts"
    : >"$files/etc/resolv.conf"
    # A checkout may be readable to its owner only; the hosts' users are others.
    chmod -R a+rX "$files"
}

# lower_dirs: the layers of a new lab, topmost first.
lower_dirs() {
    local layer id
    printf %s "$DISKS/files"
    layer=$(packages_layer)
    [[ -z $layer ]] || printf ':%s' "$layer"
    for layer in guest debian; do
        if { read -r id <"$CURRENT/$layer"; } 2>/dev/null && [[ -d $CACHE/layers/$layer-$id ]]; then
            printf ':%s' "$CACHE/layers/$layer-$id"
        fi
    done
    printf ':%s\n' "$TREE"
}
