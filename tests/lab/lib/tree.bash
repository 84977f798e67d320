# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2153
# The Debian tree that every host runs on and all compiling happens in.

SUITE=trixie
QEMU_MINIMUM=11.1
# Grows when a tree made by an older setup has to be made anew.
TREE_RECIPE=1
STAMP=etc/lockstep-lab-stamp

list() { sed 's/#.*//' "$LAB_DIR/tree/$1.list" | xargs -n1; }

# What the tree has to hold, one thing per line: its stamp when it is complete.
tree_contents() {
    local name
    echo "recipe $TREE_RECIPE $SUITE"
    # Not installed but unpacked, by the guests' own script.
    echo "guest kernel"
    for name in run backports build; do
        list "$name" | sed "s/^/$name /"
    done | sort -u
}

tree_is_current() { [[ -e $TREE/$STAMP ]] && cmp -s <(tree_contents) "$TREE/$STAMP"; }

# Whether the tree lacks nothing but packages.
tree_can_grow() {
    [[ -e $TREE/$STAMP ]] && [[ -z $(comm -13 <(tree_contents | sort) <(sort "$TREE/$STAMP")) ]]
}

setup_tree() {
    tree_is_current && return 0
    lock_tree
    tree_is_current && return 0
    mkdir -p "$CACHE" "$MOUNT_POINT"
    if tree_can_grow; then
        say "adding packages to the tree in $TREE"
        fill_tree "$TREE" || die "could not add packages to the tree (see above); lab setup tries again"
    else
        [[ ! -e $TREE ]] || no_instance_runs ||
            die "the tree in $TREE has to be made anew, but labs run on it: end them with lab down first"
        make_tree
    fi
    say "the tree is ready: QEMU $(qemu_version "$TREE")"
}

no_instance_runs() { ! grep -qzxE 'lockstep-lab:[a-z0-9-]+:[a-z]+' /proc/[0-9]*/cmdline 2>/dev/null; }

# mirror_of_machine: where this machine gets its Debian from, nothing if it is another system.
mirror_of_machine() {
    command -v apt-get >/dev/null || return 0
    # shellcheck disable=SC2016 # these are apt's own
    apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
        awk -F'|' '$1 == "Debian" && $2 == "Debian" { print $3; exit }' || true
}

# make_tree: from nothing, beside the one that is there; it takes its place when complete.
make_tree() {
    local new=$CACHE/tree.new mirror
    need debootstrap debootstrap debian-archive-keyring
    mirror=${LOCKSTEP_LAB_MIRROR:-$(mirror_of_machine)}
    say "making a Debian $SUITE tree in $TREE; this takes some minutes"
    rm -rf --one-file-system "$new"
    # shellcheck disable=SC2086 # no argument if there is no mirror: debootstrap knows its own
    retry 3 debootstrap --variant=minbase --include=ca-certificates "$SUITE" "$new" $mirror >"$CACHE/setup.log" 2>&1 ||
        die "debootstrap failed, see $CACHE/setup.log; if the mirror is at fault set LOCKSTEP_LAB_MIRROR"
    fill_tree "$new" || die "could not install the tree's packages, see above and $CACHE/setup.log"
    rm -rf --one-file-system "$CACHE/tree.old"
    [[ ! -e $TREE ]] || mv "$TREE" "$CACHE/tree.old"
    mv "$new" "$TREE"
    rm -rf --one-file-system "$CACHE/tree.old"
}

# in_fresh_tree TREE CMD...: a command in a tree that is being filled, with /proc and no
# way to leave a mount behind.
in_fresh_tree() {
    local tree=$1
    shift
    # shellcheck disable=SC2016 # expanded by that shell
    unshare --mount --pid --fork --kill-child bash -c '
        tree=$1; shift
        mount -t proc proc "$tree/proc" && mount --rbind /dev "$tree/dev" &&
        exec chroot "$tree" /usr/bin/env DEBIAN_FRONTEND=noninteractive LC_ALL=C \
            PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin "$@"' - "$tree" "$@"
}

fill_tree() {
    local tree=$1 mirror
    mirror=$(awk '$1 == "deb" { print $2; exit }' "$tree/etc/apt/sources.list")
    printf 'deb %s %s main\n' "$mirror" "$SUITE" "$mirror" "$SUITE-updates" \
        "$mirror" "$SUITE-backports" >"$tree/etc/apt/sources.list"
    # /etc/resolv.conf may be a link to what only this machine has.
    cat /etc/resolv.conf >"$tree/etc/resolv.conf" 2>/dev/null || true
    if command -v apt-config >/dev/null; then
        apt-config dump 2>/dev/null | grep -E '^Acquire::https?::Proxy' >"$tree/etc/apt/apt.conf.d/90machine" || true
    fi
    echo 'APT::Keep-Downloaded-Packages "false"; Acquire::Retries "3";' >"$tree/etc/apt/apt.conf.d/80lab"
    echo force-unsafe-io >"$tree/etc/dpkg/dpkg.cfg.d/lab"
    # No service starts from a package's scripts: neither here nor in a host.
    printf '#!/bin/sh\nexit 101\n' >"$tree/usr/sbin/policy-rc.d"
    chmod 755 "$tree/usr/sbin/policy-rc.d"

    local run backports build
    mapfile -t run < <(list run)
    mapfile -t build < <(list build)
    mapfile -t backports < <(list backports)
    {
        retry 3 in_fresh_tree "$tree" apt-get -q update &&
            retry 3 in_fresh_tree "$tree" apt-get -q install -y --no-install-recommends "${run[@]}" "${build[@]}" &&
            retry 3 in_fresh_tree "$tree" apt-get -q install -y --no-install-recommends \
                -t "$SUITE-backports" "${backports[@]}" &&
            retry 3 fetch_guest_kernel "$tree" &&
            in_fresh_tree "$tree" apt-get -q clean
    } >>"$CACHE/setup.log" 2>&1 || {
        tail -n 15 "$CACHE/setup.log" >&2
        return 1
    }
    check_qemu "$tree"
    mkdir -p "$tree"/{src,build,ccache}
    tree_contents >"$tree/$STAMP.new"
    sync -f "$tree"
    mv "$tree/$STAMP.new" "$tree/$STAMP"
}

fetch_guest_kernel() { in_fresh_tree "$1" sh -s <"$LAB_DIR/guest/fetch-kernel"; }

qemu_version() {
    chroot "$1" qemu-system-x86_64 --version | sed -n 's/^QEMU emulator version \([0-9.]*\).*/\1/p'
}

check_qemu() {
    local version
    version=$(qemu_version "$1")
    [[ $(printf '%s\n' "$QEMU_MINIMUM" "$version" | sort -V | head -n 1) == "$QEMU_MINIMUM" ]] ||
        die "the tree has QEMU $version, but COLO needs $QEMU_MINIMUM or later: does the mirror carry $SUITE-backports?"
}
