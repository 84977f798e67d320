# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2153
# `lab fuzz`: the fuzz targets of tests/fuzz, with libFuzzer.

# run_fuzz SECONDS [TARGET...]: LOCKSTEP_JUNIT is where a report goes, as the tree has it.
run_fuzz() { in_tree /src/tests/fuzz/run "/build/fuzz-$CHECKOUT" "$@"; }

# As a part of `lab test`: seconds for each target.
fuzz_briefly() { run_fuzz 5; }

verb_fuzz() {
    local seconds=60 targets=() status=0
    while [[ $# -gt 0 ]]; do
        case $1 in
            --seconds)
                seconds=${2:-}
                shift
                ;;
            --seconds=*) seconds=${1#--seconds=} ;;
            -*) usage_error "'fuzz' knows --seconds, not '$1'" ;;
            *) targets+=("$1") ;;
        esac
        [[ $# -eq 0 ]] || shift
    done
    [[ $seconds =~ ^[1-9][0-9]{0,6}$ ]] || usage_error "'fuzz --seconds' takes a number from 1 to 9999999"
    (setup_tree)
    run_fuzz "$seconds" "${targets[@]}" || status=$?
    [[ $status -ne 1 ]] || say "what made it fail is in $CACHE/build/fuzz-$CHECKOUT/crashes; docs/lab.md says what to do with it"
    return "$status"
}
