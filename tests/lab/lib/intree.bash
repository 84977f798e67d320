# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Commands in the tree, outside of any host: compilers in a scratch copy of it, and the
# driver, which sees this machine's processes and the lab's state as they are.

# enter_tree VIEW CMD...: replaces this process. VIEW is "build" or "driver".
enter_tree() {
    local view=$1 fd
    shift
    mkdir -p "$CACHE"/{build,ccache,packages} "$MOUNT_POINT"
    for fd in "${LOCKS[@]}"; do exec {fd}>&-; done
    local flags=(--mount)
    # Nothing that a build starts outlives it. The driver starts hosts: they have to.
    [[ $view != build ]] || flags+=(--pid --fork --kill-child)
    exec unshare "${flags[@]}" bash "$LAB_DIR/lib/tree-enter" "$view" "$TREE" "$MOUNT_POINT" "$CACHE" "$SRC" "$@"
}

in_tree() { (enter_tree build "$@"); }
in_driver() { (enter_tree driver "$@"); }
