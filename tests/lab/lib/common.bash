# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034
# Names, paths, messages, locks: what every other part of the lab uses.

# The checkout that this lab belongs to.
SRC=$(cd "$LAB_DIR/../.." && pwd -P)
CACHE=${LOCKSTEP_LAB_CACHE:-/var/cache/lockstep-lab}
TREE=$CACHE/tree
# Mounted on only inside private mount namespaces: never a mount that others see.
MOUNT_POINT=$CACHE/mnt
# What hosts have for a PATH.
HOST_PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# set_instance: the names that depend on which lab it is.
set_instance() {
    INSTANCE=${LOCKSTEP_LAB:-lab}
    STATE=/run/lockstep-lab/$INSTANCE
    DISKS=$CACHE/instances/$INSTANCE
}
set_instance

say() { printf 'lab: %s\n' "$*" >&2; }
die() {
    say "$*"
    exit 1
}
usage_error() {
    say "$*"
    say "see: lab help"
    exit 2
}

check_instance_name() {
    [[ $INSTANCE =~ ^[a-z0-9][a-z0-9-]{0,19}$ ]] ||
        usage_error "LOCKSTEP_LAB='$INSTANCE' is no name for a lab: use a-z, 0-9 and -, at most 20 characters"
    [[ $CACHE == /* && $CACHE != *[[:space:]:,]* ]] ||
        usage_error "LOCKSTEP_LAB_CACHE='$CACHE' must be an absolute path without blanks, commas or colons"
}

# lock FILE WHAT: takes a lock that is held until this process ends. What outlives the
# process has to be started with the descriptor closed: see detached().
lock() {
    local file=$1 what=$2 fd
    # A second descriptor would wait for the first.
    [[ -z ${LOCKED[$file]:-} ]] || return 0
    while true; do
        mkdir -p "${file%/*}"
        # The directory may go just now, with the lab.
        { exec {fd}>>"$file"; } 2>/dev/null || continue
        if ! flock --nonblock "$fd"; then
            say "waiting for another command that works on $what"
            flock "$fd"
        fi
        # `down` removes the file: a lock on one that is gone keeps nobody out.
        [[ ! "$file" -ef /proc/self/fd/$fd ]] || break
        exec {fd}>&-
    done
    LOCKS+=("$fd")
    LOCKED[$file]=1
}
LOCKS=()
declare -A LOCKED=()
lock_instance() { lock "$STATE/lock" "lab '$INSTANCE'"; }
lock_tree() { lock "$CACHE/lock" "the tree or the packages in $CACHE"; }

# detached LOG CMD...: starts CMD in the background in a session of its own, output to
# LOG, with no descriptor of ours.
detached() {
    local log=$1 fd
    shift
    (
        for fd in "${LOCKS[@]}"; do exec {fd}>&-; done
        exec setsid "$@" </dev/null >"$log" 2>&1
    ) &
    disown
}

# wait_until SECONDS CMD...: polls CMD until it succeeds; fails at the deadline.
wait_until() {
    local deadline=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000))
    shift
    until "$@"; do
        ((${EPOCHREALTIME/[.,]/} < deadline)) || return 1
        sleep 0.02
    done
}

# hash_files DIR FIND-EXPRESSION...: one hash over names, modes and contents of files.
hash_files() {
    local dir=$1
    shift
    (cd "$dir" && find . "$@" -type f -printf '%m %p\0' | sort -z | tr '\0' '\n' &&
        find . "$@" -type f -print0 | sort -z | xargs -0r sha256sum) | sha256sum | cut -c1-16
}

# retry TIMES CMD...: for downloads over a network that has bad moments.
retry() {
    local times=$1 n
    shift
    for ((n = 1; ; n++)); do
        "$@" && return 0
        ((n < times)) || return 1
        say "failed, trying again ($n of $((times - 1))): $*"
        sleep $((n * 3))
    done
}

# need TOOL PACKAGE...: makes sure that a tool is there, with apt-get where there is one.
need() {
    local tool=$1
    shift
    command -v "$tool" >/dev/null && return 0
    if command -v apt-get >/dev/null; then
        say "installing $* for '$tool'"
        retry 3 apt-get -qq update >&2 || true
        DEBIAN_FRONTEND=noninteractive retry 3 \
            apt-get -qq install -y --no-install-recommends "$@" >&2 || true
    fi
    command -v "$tool" >/dev/null ||
        die "'$tool' is missing: install it (Debian calls the package $1) and try again"
}
