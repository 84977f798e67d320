# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the client's kernel has counted."""


def retransmissions(lab):
    """Since the client was started: segments sent again, timeouts that made it do so, SYNs."""
    wanted = {"TcpRetransSegs": "segments", "TcpExtTCPTimeouts": "timeouts", "TcpExtTCPSynRetrans": "syns"}
    found = dict.fromkeys(wanted.values(), 0)
    for line in lab.client.run("nstat", "-asz").out.splitlines():
        fields = line.split()
        if fields[0] in wanted:
            found[wanted[fields[0]]] = int(fields[1])
    return found


def since(lab, before):
    after = retransmissions(lab)
    return {name: after[name] - count for name, count in before.items()}
