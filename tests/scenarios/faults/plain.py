# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whether a guest is a plain libvirt domain, and a host free of what protecting it needed."""

import json
import shlex

from harness import Failure

PORTS = range(49510, 49700)  # lockstepd's default range for QEMU's channels


def named(entries, key):
    return sorted(entry[key] for entry in entries)


QUERIES = {
    "nodes": {"execute": "query-named-block-nodes", "arguments": {"flat": True}},
    "drives": {"execute": "query-block"},
    "jobs": {"execute": "query-block-jobs"},
    "exports": {"execute": "query-block-exports"},
    "chardevs": {"execute": "query-chardev"},
    "objects": {"execute": "qom-list", "arguments": {"path": "/objects"}},
    "iothreads": {"execute": "query-iothreads"},
    "capabilities": {"execute": "query-migrate-capabilities"},
    "parameters": {"execute": "query-migrate-parameters"},
    "status": {"execute": "query-status"},
}


def ask(host, domain):
    """QEMU's answers to all of QUERIES, what libvirt thinks of the domain's state, and its XML: in
    one go, because a scenario asks often."""
    script = [f"virsh -q qemu-monitor-command {domain} {shlex.quote(json.dumps(query))}; echo"
              for query in QUERIES.values()]
    script += [f"virsh -q domstate {domain} | head -1", f"virsh -q dumpxml {domain}"]
    lines = [line for line in host.shell("\n".join(script)).out.splitlines() if line.strip()]
    answers = {}
    for name, line in zip(QUERIES, lines):
        answers[name] = json.loads(line).get("return")
        if answers[name] is None:
            raise Failure(f"{QUERIES[name]['execute']} of {domain} on {host}: {line}")
    answers["libvirt"] = lines[len(QUERIES)].strip()
    answers["xml"] = "\n".join(lines[len(QUERIES) + 1:])
    return answers


def as_graph(answers):
    return {
        "block nodes": sorted((node["node-name"], node["drv"], node["file"]) for node in answers["nodes"]),
        "drives": sorted((device.get("qdev", ""), device.get("inserted", {}).get("node-name", ""))
                         for device in answers["drives"]),
        "block jobs": named(answers["jobs"], "device"),
        "exports": named(answers["exports"], "id"),
        "chardevs": named(answers["chardevs"], "label"),
        "objects": named(answers["objects"], "name"),
        "iothreads": named(answers["iothreads"], "id"),
        "capabilities": named([entry for entry in answers["capabilities"] if entry["state"]], "capability"),
        "parameters": answers["parameters"],
        "iothreads in the XML": answers["xml"].count("<iothread"),
    }


def graph(host, domain):
    """What protecting changes in a QEMU, as plain data that can be compared."""
    return as_graph(ask(host, domain))


def differences(found, wanted):
    """What two graphs do not have in common, in words."""
    problems = []
    for part, before in wanted.items():
        now = found[part]
        if now == before:
            continue
        if isinstance(before, list):
            more = [entry for entry in now if entry not in before]
            less = [entry for entry in before if entry not in now]
            problems.append(f"{part}: " + ", ".join([f"{entry} is left" for entry in more]
                                                    + [f"{entry} is missing" for entry in less]))
        elif isinstance(before, dict):
            changed = {key: (before.get(key), now.get(key)) for key in {*before, *now}
                       if before.get(key) != now.get(key)}
            problems.append(f"{part}: {changed}")
        else:
            problems.append(f"{part}: {before!r} was {now!r}")
    return problems


def expect_plain(host, domain, wanted):
    """The domain runs, and its QEMU is as `wanted`, an earlier graph()."""
    answers = ask(host, domain)
    state, shown = answers["status"]["status"], answers["libvirt"]
    if (state, shown) != ("running", "running"):
        raise Failure(f"{domain} is {state} on {host}, for libvirt {shown}")
    problems = differences(as_graph(answers), wanted)
    if problems:
        raise Failure(f"{domain} on {host} is not as before: " + "; ".join(problems))


LEFTOVERS = """
virsh -q list --all --name | grep -Fx '{domain}' | sed 's/^/domain /' || true
find /var/lib/lockstep/images -mindepth 1 | sed 's/^/file /'
ss -Htln src $(hostname)-dedicated | awk '{{ sub(/.*:/, "", $4); print "port", $4 }}'
lockstep list --json
"""


def leftovers(host, domain):
    """What a host still has of a shadow, in words; empty if it is clean."""
    seen, brace, pairs = host.shell(LEFTOVERS.format(domain=domain)).out.partition("{")
    found = [line for line in seen.splitlines()
             if line and not (line.startswith("port ") and int(line.split()[1]) not in PORTS)]
    for pair in json.loads(brace + pairs)["pairs"]:
        if pair["domain"] == domain:
            found.append(f"a record, {pair['state']}: {pair['reason']}")
    return found


def expect_clean(host, domain):
    found = leftovers(host, domain)
    if found:
        raise Failure(f"left on {host}: {', '.join(found)}")
