# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2153
# A host's life: boot, commands in it, the plug pulled. The "switch" is one, too: it has
# no service and no address, only the bridges that are the lab's cables.

marker_of() { echo "lockstep-lab:$INSTANCE:$1"; }

# start_time PID: when a process started, to tell it from a later one with the same number.
start_time() {
    local stat
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    # The command's name may hold blanks and brackets: count from its end.
    stat=${stat##*) }
    # shellcheck disable=SC2206 # split on purpose
    local fields=($stat)
    [[ ${fields[0]} != [ZX] ]] || return 1
    echo "${fields[19]}"
}

# is_up HOST: whether its process 1 lives. Sets REPLY to its number.
is_up() {
    local started now
    { read -r REPLY started <"$STATE/hosts/$1/pid"; } 2>/dev/null || return 1
    now=$(start_time "$REPLY") && [[ $now == "$started" ]]
}

pid_of() {
    local REPLY
    if ! is_up "$1"; then
        [[ $1 != switch ]] || die "lab '$INSTANCE' is not up: lab up"
        die "host '$1' is not up: lab up, or lab plug $1"
    fi
    echo "$REPLY"
}

# in_host HOST CMD...: runs a command in all of a host's namespaces, as root.
in_host() { (enter_host "$@"); }

# enter_host HOST CMD...: the same, in place of this process. The command ends when the
# process that waits for it does, so that nothing lives on in a host unasked.
enter_host() {
    local host=$1 pid fd
    shift
    pid=$(pid_of "$host") || exit
    for fd in "${LOCKS[@]}"; do exec {fd}>&-; done
    exec nsenter --target "$pid" --mount --uts --ipc --net --pid -- \
        /usr/bin/env -i PATH="$HOST_PATH" HOME=/root USER=root LOGNAME=root SHELL=/bin/bash \
        LANG=C.UTF-8 TERM="${TERM:-dumb}" /usr/bin/setpriv --pdeathsig TERM "$@"
}

# host_processes HOST: processes that carry the host's marker: its process 1 and the one
# that waits for it. Found without any state file, so that a crash leaves none unfound.
host_processes() {
    # -z takes each argument of a command line for a line. No match, or a process that has
    # ended meanwhile, is no failure.
    { grep -lzxF -- "$(marker_of "$1")" /proc/[0-9]*/cmdline || true; } 2>/dev/null |
        sed 's#^/proc/\([0-9]*\)/.*#\1#'
}

# has_ended PID: whether it is gone, or a zombie: for a host's process 1 both mean that
# every other process of the host is gone before it.
has_ended() { ! start_time "$1" >/dev/null; }

# nobody_in NET-NAMESPACE: a command may have entered it from outside.
nobody_in() { [[ -z $(find /proc/[0-9]*/ns -maxdepth 1 -name net -lname "$1" 2>/dev/null) ]]; }

# services_of HOST: what its process 1 has to start, in this order.
services_of() {
    [[ $1 != witness ]] || echo etcd
    is_hypervisor "$1" || return 0
    local unit
    printf '%s\n' dbus polkit virtlogd libvirtd
    [[ ! -e $STATE/no-lockstep ]] || return 0
    for unit in "$DISKS/$1/upper" "$(packages_layer)"; do
        if [[ -e $unit/usr/lib/systemd/system/lockstepd.service ]]; then
            echo lockstepd
            return
        fi
    done
    say "$1: lockstepd is not installed (lab build), going on without it"
}

# boot_host HOST: namespaces, file system, cables, services. The host must be off.
boot_host() {
    local host=$1 dir=$STATE/hosts/$1 services lower
    rm -rf "$dir"
    mkdir -p "$dir" "$DISKS/$host"/{upper,work}
    read -r lower <"$DISKS/lower"
    detached "$dir/boot.log" unshare --mount --uts --ipc --net --pid --fork \
        bash "$LAB_DIR/lib/host-boot" "$(marker_of "$host")" "$host" "$dir/pid" \
        "$lower" "$DISKS/$host" "$MOUNT_POINT"
    if ! wait_until 20 host_listens "$host"; then
        die "host '$host' did not come up; $dir/boot.log says: $(tail -n 5 "$dir/boot.log")"
    fi
    if [[ $host == switch ]]; then
        make_switch
    else
        connect_host "$host"
        ! is_hypervisor "$host" || start_power "$host"
        services=$(services_of "$host")
        if [[ -n $services ]]; then
            # shellcheck disable=SC2086 # one word per service
            in_host "$host" lab-service boot $services || die "host '$host' is up, but not all of its services"
        fi
    fi
    # Only now is it one that `up` may leave as it is.
    touch "$dir/complete"
}

# start_power HOST: lets its fence agents reach the lab's power switch.
start_power() {
    local folder
    folder=/proc/$(pid_of "$1")/root/run/lab || exit
    mkfifo -m 600 "$folder/power"
    detached "$STATE/hosts/$1/power.log" env LOCKSTEP_LAB="$INSTANCE" LOCKSTEP_LAB_CACHE="$CACHE" \
        bash "$LAB_DIR/lib/power" "$(marker_of "$1")" "$LAB_DIR" "$folder"
}

host_listens() { is_up "$1" && [[ -S /proc/$REPLY/root/run/lab/control ]]; }

# kill_host HOST: every process of it at once, and nothing of it left.
kill_host() {
    local host=$1 pid pids namespace=""
    pids=$(host_processes "$host")
    if is_up "$host"; then
        namespace=$(readlink "/proc/$REPLY/ns/net") || true
        # Alone, so that the one that waits for it can reap it.
        kill -KILL "$REPLY" 2>/dev/null || true
        pids+=" $REPLY"
        wait_until 20 has_ended "$REPLY" || die "host '$host' does not die: process $REPLY"
    fi
    for pid in $pids; do
        has_ended "$pid" || kill -KILL "$pid" 2>/dev/null || true
        wait_until 20 has_ended "$pid" || die "host '$host' does not die: process $pid"
    done
    [[ -z $namespace ]] || wait_until 5 nobody_in "$namespace" ||
        say "a process from outside is still in the network of '$host'"
    rm -rf "$STATE/hosts/$host"
}
