# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034
# What hosts and networks there are, and who has which address.

HOSTS=(alpha beta client witness)
EXTRA_HOSTS=(gamma)
NETWORKS=(dedicated lan lan1 witness)

# Networks: the first three bytes of their addresses, and the interface on a host.
declare -A SUBNET=([dedicated]=10.77.0 [lan]=10.78.0 [lan1]=10.80.0 [witness]=10.79.0)
declare -A INTERFACE=([dedicated]=ded0 [lan]=lan0 [lan1]=lan1 [witness]=wit0)
# On a hypervisor these interfaces are ports of a bridge, which has the address.
declare -A BRIDGE=([lan]=br0 [lan1]=br1)
# The bridge in the switch namespace that is the network's cable and switch.
declare -A SWITCH=([dedicated]=sw-ded [lan]=sw-lan0 [lan1]=sw-lan1 [witness]=sw-wit)

declare -A ADDRESS=(
    [alpha.dedicated]=1 [alpha.lan]=1 [alpha.lan1]=1 [alpha.witness]=1
    [beta.dedicated]=2 [beta.lan]=2 [beta.lan1]=2 [beta.witness]=2
    [gamma.dedicated]=3 [gamma.lan]=3 [gamma.lan1]=3 [gamma.witness]=3
    [client.lan]=10 [client.lan1]=10
    [witness.witness]=10)

is_hypervisor() { [[ $1 == alpha || $1 == beta || $1 == gamma ]]; }

is_host() { [[ " ${HOSTS[*]} ${EXTRA_HOSTS[*]} " == *" $1 "* ]]; }

check_host() {
    is_host "$1" || usage_error "there is no host '$1': it is one of ${HOSTS[*]} ${EXTRA_HOSTS[*]}"
}

# networks_of HOST: one per line.
networks_of() {
    local net
    for net in "${NETWORKS[@]}"; do
        [[ -z ${ADDRESS[$1.$net]:-} ]] || echo "$net"
    done
}

address_of() { echo "${SUBNET[$2]}.${ADDRESS[$1.$2]}"; }

# port_of HOST NETWORK: the switch's end of the cable.
port_of() { echo "${INTERFACE[$2]}-$1"; }

# The same at every start, so that captures and logs can be compared.
mac_of() {
    local -A number=([dedicated]=1 [lan]=2 [lan1]=3 [witness]=4)
    printf '02:4c:4c:00:%02x:%02x\n' "${number[$2]}" "${ADDRESS[$1.$2]}"
}

# Every host by name on every network; the bare name is its address on the LAN, or on
# the first network that it has.
hosts_file() {
    local host net first
    echo "127.0.0.1 localhost"
    echo "::1 localhost ip6-localhost ip6-loopback"
    for host in "${HOSTS[@]}" "${EXTRA_HOSTS[@]}"; do
        first=""
        for net in lan dedicated lan1 witness; do
            [[ -n ${ADDRESS[$host.$net]:-} ]] || continue
            echo "$(address_of "$host" "$net") $host-$net${first:-" $host"}"
            # One line only has the bare name, so that it has one address.
            first=" "
        done
    done | sed 's/ *$//'
}
