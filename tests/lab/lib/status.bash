# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2153
# What `lab status` prints.

show_status() {
    local host
    if ! is_up switch; then
        echo "lab '$INSTANCE' is down"
        return
    fi
    echo "lab '$INSTANCE'"
    printf '\n%-8s %-6s %-8s %-40s %s\n' HOST STATE PID SERVICES GUESTS
    for host in "${HOSTS[@]}" "${EXTRA_HOSTS[@]}"; do
        wanted "$host" || continue
        host_line "$host"
    done
    printf '\n%-18s %-15s %s\n' LINK ADDRESS STATE
    for host in "${HOSTS[@]}" "${EXTRA_HOSTS[@]}"; do
        wanted "$host" || continue
        link_lines "$host"
    done
}

host_line() {
    local host=$1 pid services guests="-"
    if ! is_up "$host"; then
        printf '%-8s %-6s\n' "$host" off
        return
    fi
    pid=$REPLY
    services=$(in_host "$host" lab-service list | awk '{ printf "%s%s", sep, ($2 == "running" ? $1 : $1 "(" $2 ")"); sep = " " }') || services="?"
    if is_hypervisor "$host"; then
        guests=$(in_host "$host" timeout 5 virsh --quiet list --all 2>/dev/null |
            awk '{ name = $2; $1 = $2 = ""; sub(/^ +/, ""); printf "%s%s (%s)", sep, name, $0; sep = ", " }') || guests="?"
    fi
    printf '%-8s %-6s %-8s %-40s %s\n' "$host" on "$pid" "${services:--}" "${guests:--}"
}

link_lines() {
    local host=$1 net state cut
    for net in $(networks_of "$host"); do
        cut=$(cuts | awk -v host="$host" -v net="$net" '$1 == host && $2 == net { printf "%s ", $3 }')
        case $cut in
            "in out ") state="cut" ;;
            "") state=ok ;;
            *) state="cut (${cut% })" ;;
        esac
        is_up "$host" || state="no host${cut:+, $state}"
        printf '%-18s %-15s %s\n' "$net-$host" "$(address_of "$host" "$net")" "$state"
    done
}
