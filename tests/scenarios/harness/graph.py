# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a domain's QEMU consists of, to compare it before and after."""


def graph(host, domain):
    """Block nodes, devices with their disks, chardevs and objects, as plain data."""
    nodes = {node["node-name"]: (node["drv"], node["file"]) for node in host.qmp(domain, "query-named-block-nodes")}
    drives = {block["qdev"]: block["inserted"]["node-name"] for block in host.qmp(domain, "query-block")
              if block.get("inserted")}
    chardevs = {chardev["label"]: chardev["filename"] for chardev in host.qmp(domain, "query-chardev")}
    objects = {entry["name"]: entry["type"] for entry in host.qmp(domain, "qom-list", path="/objects")}
    jobs = [job["id"] for job in host.qmp(domain, "query-jobs")]
    return {"nodes": nodes, "drives": drives, "chardevs": chardevs, "objects": objects, "jobs": jobs}


def without_rewriters(found):
    """After a takeover the rewriters stay: connections opened since the last checkpoint need them."""
    objects = {name: kind for name, kind in found["objects"].items() if kind != "child<filter-rewriter>"}
    return {**found, "objects": objects}


def ours(found):
    """Names of everything that Lockstep has put there."""
    return sorted(name for part in found.values() for name in part if "lockstep" in name)
