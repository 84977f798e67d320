# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2153
# The cables: bridges in the lab's switch namespace, one port per host and network.

# in_net HOST CMD...: runs a tool of this machine in a host's network namespace.
in_net() {
    local host=$1 pid
    shift
    pid=$(pid_of "$host") || exit
    nsenter --net="/proc/$pid/ns/net" -- "$@"
}

# Frames of the lab must not pass the machine's firewall rules for bridges.
no_bridge_filter() {
    # shellcheck disable=SC2016 # expanded by that shell
    in_net "$1" bash -c 'for f in /proc/sys/net/bridge/bridge-nf-call-*; do
        [[ ! -e $f ]] || echo 0 >"$f"; done'
}

bridge_commands() {
    echo "link add $1 type bridge stp_state 0 forward_delay 0 mcast_snooping 0"
    echo "link set $1 up"
}

make_switch() {
    local net
    {
        echo "link set lo up"
        for net in "${NETWORKS[@]}"; do bridge_commands "${SWITCH[$net]}"; done
    } | in_net switch ip -batch -
    no_bridge_filter switch
}

# connect_host HOST: plugs all its cables in and gives its interfaces their addresses.
connect_host() {
    local host=$1 net dev mac address pid
    pid=$(pid_of "$host") || exit
    for net in $(networks_of "$host"); do
        dev=${INTERFACE[$net]}
        echo "link add name $(port_of "$host" "$net") type veth" \
            "peer name $dev netns $pid address $(mac_of "$host" "$net")"
        echo "link set $(port_of "$host" "$net") master ${SWITCH[$net]} up"
    done | in_net switch ip -batch -
    # Rules name interfaces: those that have come only now have none yet.
    apply_cuts
    {
        echo "link set lo up"
        for net in $(networks_of "$host"); do
            dev=${INTERFACE[$net]} mac=$(mac_of "$host" "$net")
            address=$(address_of "$host" "$net")/24
            if is_hypervisor "$host" && [[ -n ${BRIDGE[$net]:-} ]]; then
                bridge_commands "${BRIDGE[$net]}"
                # Else the bridge takes on the lowest address of its ports, as guests come and go.
                echo "link set ${BRIDGE[$net]} address $mac"
                echo "link set $dev master ${BRIDGE[$net]}"
                echo "addr add $address dev ${BRIDGE[$net]}"
            else
                echo "addr add $address dev $dev"
            fi
            echo "link set $dev up"
        done
    } | in_net "$host" ip -batch -
    no_bridge_filter "$host"
    wait_until 10 links_work "$host" || die "the links of '$host' do not come up: lab exec $host -- ip link"
}

# links_work HOST: whether its interfaces and the switch's ports pass packets: the kernel
# lets them do so up to a second after they are up.
links_work() {
    local net switch host=$1 dir state
    is_up switch || return 1
    switch=/proc/$REPLY/root/sys/class/net
    is_up "$host" || return 1
    for net in $(networks_of "$host"); do
        dir=/proc/$REPLY/root/sys/class/net
        for dir in "$dir/${INTERFACE[$net]}" ${BRIDGE[$net]:+"$dir/${BRIDGE[$net]}"}; do
            [[ -d $dir ]] || continue # the client has no bridge
            { read -r state <"$dir/operstate"; } 2>/dev/null && [[ $state == up ]] || return 1
        done
        # 3: the bridge forwards.
        { read -r state <"$switch/$(port_of "$host" "$net")/brport/state"; } 2>/dev/null && [[ $state == 3 ]] || return 1
    done
}

# ports_of HOST|'*': its ports, or everyone's, that are in the switch now.
# The switch's own /sys shows its interfaces and saves a process in its namespace.
ports_of() {
    local pid dir
    pid=$(pid_of switch) || exit
    # shellcheck disable=SC2231 # a pattern on purpose
    for dir in "/proc/$pid/root/sys/class/net/"*-$1; do
        [[ ${dir##*/} != sw-* && -e $dir ]] && echo "${dir##*/}"
    done
    return 0
}

# links_down HOST: all its cables out, in one go.
links_down() {
    local port
    for port in $(ports_of "$1"); do echo "link set $port down"; done | in_net switch ip -batch -
}

# links_gone HOST: after links_down and the host's death. Its namespace takes its end of
# each cable, and so ours, away in the kernel's own time, perhaps while we do.
links_gone() {
    local port
    for port in $(ports_of "$1"); do echo "link del $port"; done |
        in_net switch ip -force -batch - 2>/dev/null || true
}

# cut_ends LINK: "HOST NETWORK DIRECTION" lines for a link's name, or exit 2.
cut_ends() {
    local link=$1 direction=both net host
    case $link in
        *:in | *:out) direction=${link##*:} link=${link%:*} ;;
    esac
    net=${link%%-*} host=
    [[ $link != *-* ]] || host=${link#*-}
    [[ -n ${SUBNET[$net]:-} ]] ||
        usage_error "there is no link '$1': NETWORK, NETWORK-HOST, each with :in or :out after it or without; NETWORK is one of ${NETWORKS[*]}"
    if [[ -n $host ]]; then
        check_host "$host"
        [[ -n ${ADDRESS[$host.$net]:-} ]] || usage_error "'$host' has no link to network '$net'"
        echo "$host $net $direction"
        return
    fi
    for host in "${HOSTS[@]}" "${EXTRA_HOSTS[@]}"; do
        [[ -z ${ADDRESS[$host.$net]:-} ]] || echo "$host $net $direction"
    done
}

# Cuts are kept as "HOST NETWORK in|out" lines: they outlive an unplug.
cuts() { [[ ! -e $STATE/cuts ]] || cat "$STATE/cuts"; }

# change_cuts cut|heal LINK...
change_cuts() {
    local verb=$1 link ends host net direction one
    shift
    local -A cut=()
    while read -r one; do cut[$one]=1; done < <(cuts)
    for link in "$@"; do
        ends=$(cut_ends "$link") || exit
        while read -r host net direction; do
            for one in in out; do
                [[ $direction == both || $direction == "$one" ]] || continue
                if [[ $verb == cut ]]; then
                    cut["$host $net $one"]=1
                else
                    unset "cut[$host $net $one]"
                fi
            done
        done <<<"$ends"
    done
    printf '%s\n' "${!cut[@]}" | sed '/^$/d' | sort >"$STATE/cuts.new"
    mv "$STATE/cuts.new" "$STATE/cuts"
    apply_cuts
}

# The whole table at once, in one transaction: no moment with half of the cuts. Frames
# vanish in the switch's port, so nobody sees a carrier go or an error come back.
apply_cuts() {
    local host net direction port hook present
    present=" $(ports_of '*' | xargs) "
    {
        echo "table netdev cuts"
        echo "delete table netdev cuts"
        echo "table netdev cuts {"
        while read -r host net direction; do
            [[ -n $host ]] || continue
            port=$(port_of "$host" "$net")
            [[ $present == *" $port "* ]] || continue
            # What enters the host leaves the switch.
            hook=egress
            [[ $direction == in ]] || hook=ingress
            echo "chain $port-$direction { type filter hook $hook device \"$port\" priority 0; policy drop; }"
        done < <(cuts)
        echo "}"
    } | in_host switch nft -f -
}
