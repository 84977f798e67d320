# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# `lab bench`: everything from nothing, in a lab of its own.

# bench_arguments ARGUMENT...: sets BENCH to them, with --out as a path that means the same in the driver, and makes that
# directory.
bench_arguments() {
    BENCH=()
    while [[ $# -gt 0 ]]; do
        case $1 in
            --out)
                [[ -n ${2:-} ]] || usage_error "'bench --out' takes a directory"
                bench_out "$2"
                shift
                ;;
            --out=*) bench_out "${1#--out=}" ;;
            *) BENCH+=("$1") ;;
        esac
        shift
    done
}

bench_out() {
    mkdir -p "$1" || die "the report cannot go to '$1'"
    LOCKSTEP_LAB_OUT=$(cd "$1" && pwd -P)
    export LOCKSTEP_LAB_OUT
    BENCH+=(--out "$LOCKSTEP_LAB_OUT")
}

# build_bench: what stands in for the QEMUs of idle pairs on a machine that is too small for them, and the simulated fleet.
build_bench() {
    local dir=/build/bench-$CHECKOUT
    say "building lockstep_bench_pairs and lockstep_fleet (log: $CACHE/build-bench.log)"
    # shellcheck disable=SC2016 # expanded in the tree
    in_tree sh -c 'cmake -S /src -B "$1" --preset release && cmake --build "$1" --target lockstep_bench_pairs lockstep_fleet' \
        bench "$dir" >"$CACHE/build-bench.log" 2>&1 || return 1
    LOCKSTEP_LAB_STUB=$dir/tests/bench/pairs/lockstep_bench_pairs
    LOCKSTEP_LAB_FLEET=$dir/tests/sim/lockstep_fleet
    export LOCKSTEP_LAB_STUB LOCKSTEP_LAB_FLEET
}

verb_bench() {
    local needs status=0
    use_instance bench
    bench_arguments "$@"
    (setup_tree)
    # Wrong arguments end it here, before anything is built.
    needs=$(in_driver "$SRC/tests/bench/run" "${BENCH[@]}" --needs) || status=$?
    if [[ $status -ne 0 || " $* " == *" --help "* || " $* " == *" -h "* ]]; then
        [[ -z $needs ]] || printf '%s\n' "$needs"
        return "$status"
    fi
    (verb_build)
    # Without it there are rows without figures; all else can be measured.
    [[ $needs != *debian* ]] || (build_debian_guest) || say "going on without the Debian guest"
    [[ $needs != *programs* ]] || build_bench || say "going on without the programs of a build, see $CACHE/build-bench.log"
    (verb_down)
    in_driver "$SRC/tests/bench/run" "${BENCH[@]}" || status=$?
    (verb_down)
    return "$status"
}
