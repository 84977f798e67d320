# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# `lab demo` and `lab test`: everything from nothing, in labs of their own.

# use_instance NAME: unless the caller chose a lab, one that is in nobody's way.
use_instance() {
    export LOCKSTEP_LAB=${LOCKSTEP_LAB:-$1}
    set_instance
}

verb_demo() {
    [[ -x $LAB_DIR/demo ]] || die "this checkout has no demonstration ($LAB_DIR/demo)"
    local status=0
    use_instance demo
    # Each in a shell of its own, which gives up its locks when done.
    (verb_build)
    (verb_down)
    (verb_up)
    in_driver "$LAB_DIR/demo" "$@" || status=$?
    [[ " $* " == *" --keep "* ]] || (verb_down)
    return "$status"
}

# phase NAME CMD...: runs a part of the tests; NAME.xml in RESULTS is its report.
phase() {
    local name=$1 status=0 begin=$SECONDS
    shift
    say "tests: $name"
    "$@" || status=$?
    echo "$status" >"$RESULTS/$name.status"
    took "tests: $name" "$begin"
}

# took WHAT BEGIN: says how long it took since SECONDS was BEGIN.
took() { say "$1 took $(((SECONDS - $2) / 60)) min $(((SECONDS - $2) % 60)) s"; }

# The simulation out of the unit tests' build, which is made if it is not there.
verb_sim() {
    (setup_tree)
    # shellcheck disable=SC2016 # expanded in the tree
    in_tree sh -c 'dir=$1; shift
        cmake -S /src -B "$dir" --preset asan >"$dir.configure.log" || { cat "$dir.configure.log"; exit 1; }
        cmake --build "$dir" --target lockstep_sim >"$dir.sim.log" || { cat "$dir.sim.log"; exit 1; }
        exec "$dir/tests/sim/lockstep_sim" "$@"' sim "/build/unit-$CHECKOUT-asan" "$@"
}

verb_test() {
    local argument pattern="" presets=(asan) full=()
    for argument in "$@"; do
        case $argument in
            --full) full=(--full) presets=(asan tsan) ;;
            -*) usage_error "'test' knows --full, not '$argument'" ;;
            *)
                [[ -z $pattern ]] || usage_error "'test' takes one pattern"
                pattern=$argument
                ;;
        esac
    done
    use_instance test
    local begin=$SECONDS
    (setup_tree)
    took "the tree" "$begin"
    RESULTS=$CACHE/build/results-$CHECKOUT
    rm -rf "$RESULTS"
    mkdir -p "$RESULTS"
    for argument in "${presets[@]}"; do
        phase "unit-$argument" in_tree /src/tests/lab/lib/unit-tests "$argument" \
            "/build/unit-$CHECKOUT-$argument" "/build/results-$CHECKOUT/unit-$argument.xml" "$pattern"
    done
    # clang-tidy takes the flags and the generated headers from the first build.
    [[ -n $pattern && ! lint =~ $pattern ]] || phase lint in_tree /src/tests/lint/run \
        "/build/unit-$CHECKOUT-${presets[0]}" "/build/results-$CHECKOUT/lint.xml"
    # The inputs that are kept ran with the unit tests; here libFuzzer makes new ones.
    [[ -n $pattern && ! libfuzzer =~ $pattern ]] ||
        LOCKSTEP_JUNIT=/build/results-$CHECKOUT/libfuzzer.xml phase libfuzzer fuzz_briefly
    phase lab in_driver env LOCKSTEP_LAB=selftest LOCKSTEP_JUNIT="$RESULTS/lab.xml" \
        "$LAB_DIR/selftest" ${pattern:+"$pattern"}
    if [[ -x $SRC/tests/scenarios/run ]]; then
        begin=$SECONDS
        (verb_build) || echo 1 >"$RESULTS/packages.status"
        took "the packages" "$begin"
        (verb_down)
        phase scenarios in_driver env LOCKSTEP_JUNIT="$RESULTS/scenarios.xml" \
            "$SRC/tests/scenarios/run" ${pattern:+"$pattern"} "${full[@]}"
        (verb_down)
    fi
    in_tree python3 /src/tests/lab/lib/count-results "/build/results-$CHECKOUT"
}
