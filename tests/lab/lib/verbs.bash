# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2153
# One function per verb of the command line.

no_arguments() { [[ $# -eq 1 ]] || usage_error "'$1' takes no arguments"; }
one_host() {
    [[ $# -eq 2 ]] || usage_error "'$1' takes the name of one host"
    check_host "$2"
}
# after_dashes VERB [--] CMD...: the command goes to COMMAND.
after_dashes() {
    local verb=$1
    shift
    [[ ${1:-} != -- ]] || shift
    [[ $# -gt 0 ]] || usage_error "'$verb' takes a command after --"
    COMMAND=("$@")
}

verb_setup() {
    no_arguments setup "$@"
    setup_tree
}

verb_build() {
    no_arguments build "$@"
    setup_tree
    build_guest
    build_packages
}

verb_in-tree() {
    after_dashes in-tree "$@"
    setup_tree
    enter_tree build "${COMMAND[@]}"
}

verb_driver() {
    after_dashes driver "$@"
    setup_tree
    enter_tree driver "${COMMAND[@]}"
}

# wanted HOST: whether `up` is to start it; gamma is once it was asked for.
wanted() { [[ $1 != gamma || -e $STATE/gamma ]]; }

hosts_wanted() {
    local host
    for host in "${HOSTS[@]}" "${EXTRA_HOSTS[@]}"; do ! wanted "$host" || echo "$host"; done
}

is_complete() { is_up "$1" && [[ -e $STATE/hosts/$1/complete ]]; }

verb_up() {
    local gamma="" no_lockstep="" host hosts=() jobs=() failed=()
    for host in "$@"; do
        case $host in
            --gamma) gamma=1 ;;
            --no-lockstep) no_lockstep=1 ;;
            *) usage_error "'up' knows --gamma and --no-lockstep, not '$host'" ;;
        esac
    done
    setup_tree
    build_guest
    lock_instance
    [[ -z $gamma ]] || : >"$STATE/gamma"
    # Remembered for the hosts that are plugged in again later.
    rm -f "$STATE/no-lockstep"
    [[ -z $no_lockstep ]] || : >"$STATE/no-lockstep"
    if ! is_complete switch; then
        # Without it the hosts have no cables any more, so there is nothing to keep.
        for host in "${HOSTS[@]}" "${EXTRA_HOSTS[@]}" switch; do kill_host "$host"; done
        prepare_disks
        boot_host switch
        apply_cuts
    fi
    for host in $(hosts_wanted); do
        is_complete "$host" && continue
        [[ ! -d $STATE/hosts/$host ]] || power_off "$host"
        hosts+=("$host")
        (boot_host "$host") &
        jobs+=($!)
    done
    for host in "${!jobs[@]}"; do
        wait "${jobs[$host]}" || failed+=("${hosts[$host]}")
    done
    [[ ${#failed[@]} -eq 0 ]] || die "not up: ${failed[*]} (see above; lab down ends the rest)"
    say "lab '$INSTANCE' is up: $(hosts_wanted | xargs)"
}

# The layers below the hosts' disks, chosen once in a lab's life: what lies below a disk
# that was written to must not change.
prepare_disks() {
    local dir
    mkdir -p "$DISKS" "$MOUNT_POINT"
    if [[ -e $DISKS/lower ]]; then
        while IFS= read -r -d : dir; do
            [[ -d $dir ]] || die "the hosts' disks of an earlier lab '$INSTANCE' lie on $dir, which is gone: lab down, then up"
        done < <(tr '\n' : <"$DISKS/lower")
        [[ $(stat -c %i "$TREE") == "$(cat "$DISKS/tree" 2>/dev/null)" ]] ||
            die "the hosts' disks of an earlier lab '$INSTANCE' lie on a tree that was made anew since: lab down, then up"
        say "using the hosts' disks of the lab that ended without 'lab down'"
        return
    fi
    lab_layer "$DISKS/files"
    stat -c %i "$TREE" >"$DISKS/tree"
    lower_dirs >"$DISKS/lower.new"
    mv "$DISKS/lower.new" "$DISKS/lower"
    local host
    for host in "${HOSTS[@]}" "${EXTRA_HOSTS[@]}" switch; do
        mkdir -p "$DISKS/$host"/{upper/etc,work}
        printf '%s\n' "$host" >"$DISKS/$host/upper/etc/hostname"
        printf '%s' "$INSTANCE $host" | md5sum | cut -c1-32 >"$DISKS/$host/upper/etc/machine-id"
    done
}

verb_down() {
    no_arguments down "$@"
    local host
    lock_instance
    for host in "${HOSTS[@]}" "${EXTRA_HOSTS[@]}" switch; do kill_host "$host"; done
    rm -rf --one-file-system "$DISKS" "$STATE"
    rmdir --ignore-fail-on-non-empty "${STATE%/*}" "${DISKS%/*}" 2>/dev/null || true
}

verb_status() {
    no_arguments status "$@"
    show_status
}

verb_exec() {
    local host=${1:-}
    [[ -n $host ]] || usage_error "'exec' takes a host and a command"
    shift
    [[ $host == switch ]] || check_host "$host"
    after_dashes exec "$@"
    enter_host "$host" "${COMMAND[@]}"
}

verb_shell() {
    one_host shell "$@"
    # The terminal is one of this machine: script gives the shell one of the host's own.
    enter_host "$1" /usr/bin/script --quiet --return --command 'exec bash --login' /dev/null
}

verb_service() {
    local host=${1:-}
    [[ $# -eq 1 || $# -eq 3 ]] || usage_error "'service' takes a host, or a host, a verb and a name"
    check_host "$host"
    if [[ $# -eq 1 ]]; then
        enter_host "$host" lab-service list
    fi
    # `service HOST NAME VERB` reads as well: services have no verb's name.
    case $2 in
        start | stop | restart | kill | status) enter_host "$host" lab-service "$2" "$3" ;;
        *) enter_host "$host" lab-service "$3" "$2" ;;
    esac
}

verb_guest() {
    [[ ${1:-} == define && $# -eq 3 ]] || usage_error "'guest' is: guest define NAME HOST"
    check_host "$3"
    is_hypervisor "$3" || usage_error "'$3' is no hypervisor"
    enter_host "$3" /usr/share/lockstep-lab/bin/guest-define "$2"
}

verb_cut() {
    [[ $# -gt 0 ]] || usage_error "'cut' takes the names of links"
    lock_running
    change_cuts cut "$@"
}

verb_heal() {
    [[ $# -gt 0 ]] || usage_error "'heal' takes the names of links, or --all"
    lock_running
    [[ $* != --all ]] || set -- "${NETWORKS[@]}"
    change_cuts heal "$@"
}

verb_freeze() {
    [[ $# -eq 2 ]] || usage_error "'freeze' takes a host and a process"
    check_host "$1"
    enter_host "$1" lab-signal STOP "$2"
}

verb_thaw() {
    [[ $# -eq 2 ]] || usage_error "'thaw' takes a host and a process"
    check_host "$1"
    enter_host "$1" lab-signal CONT "$2"
}

# lock_running: for verbs that change a lab that has to be there.
lock_running() {
    pid_of switch >/dev/null || exit
    lock_instance
    # It may have ended while this command waited.
    pid_of switch >/dev/null || exit
}

# power_off HOST: links first, so that nothing of its death gets out.
power_off() {
    links_down "$1"
    kill_host "$1"
    links_gone "$1"
}

verb_unplug() {
    one_host unplug "$@"
    lock_running
    if ! is_up "$1"; then
        say "$1 is off already"
        return
    fi
    power_off "$1"
    say "$1 is off"
}

verb_plug() {
    one_host plug "$@"
    lock_running
    [[ $1 != gamma ]] || : >"$STATE/gamma"
    if is_complete "$1"; then
        say "$1 is on already"
        return
    fi
    power_off "$1"
    boot_host "$1"
    say "$1 is on"
}
