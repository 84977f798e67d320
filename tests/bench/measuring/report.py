# SPDX-License-Identifier: LGPL-2.1-or-later
"""The report: report.json with all figures, and report.html, one page that needs nothing else."""

import html
import json

from . import charts
from .summary import FIGURES, summary

STYLE = """
:root { color-scheme: light dark; --ink: #1c2328; --faint: #667079; --line: #d5dade; --paper: #fff; --bar: #3b76af; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8eb; --faint: #98a2aa; --line: #39424a; --paper: #14191d; --bar: #6aa5dd; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); } h3 { margin-top: 2rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .2rem .7rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child, td.words { text-align: left; } td.words { white-space: normal; }
small { color: var(--faint); }
.met { color: #1a7f4b; font-weight: 600; } .missed { color: #c0392b; font-weight: 600; } .unknown { color: var(--faint); }
svg { width: 100%; height: auto; margin: .8rem 0; font: 12px system-ui, sans-serif; fill: var(--ink); }
svg .title { font-weight: 600; } svg .label { text-anchor: end; } svg .tick { text-anchor: middle; fill: var(--faint); }
svg .unit, svg .missing { fill: var(--faint); } svg .grid { stroke: var(--line); } svg .whisker { stroke: var(--ink); stroke-width: 1.5; }
svg .bar { fill: var(--bar); } svg .bar0 { fill: var(--faint); } svg .dot { fill: var(--bar); fill-opacity: .55; }
svg .p50 { stroke: var(--ink); stroke-width: 2; } svg .p95 { stroke: var(--ink); stroke-width: 2; stroke-dasharray: 3 2; }
svg .bound { stroke: #c0392b; stroke-dasharray: 5 3; }
"""
OUTAGE_BOUND = 0.7


def cell(words, kind=""):
    return f'<td class="{kind}">{html.escape(str(words))}</td>' if kind else f"<td>{html.escape(str(words))}</td>"


def table(head, rows):
    """Rows are lists of <td> elements."""
    titles = "".join(f"<th>{html.escape(title)}</th>" for title in head)
    return f"<table><thead><tr>{titles}</tr></thead><tbody>{''.join(f'<tr>{chr(10).join(row)}</tr>' for row in rows)}</tbody></table>"


def shown(spread, digits):
    """Median, and below it the spread."""
    if not spread:
        return "<td>–</td>"
    median, low, high = (f"{spread[name]:,.{digits}f}" for name in ("median", "low", "high"))
    return f"<td>{median}" + (f"<br><small>{low}–{high}</small>" if spread["n"] > 1 else "") + "</td>"


def goals_part(found):
    rows = [[cell(goal["text"], "words"), cell(f"{goal['relation']} {goal['bound']:g} {goal['unit']}".strip()),
             cell(goal["state"], goal["state"]), cell(goal["by"]), cell(goal["n"])] for goal in found["goals"]]
    return "<h2>Goals</h2>" + table(("goal", "bound", "", "found", "samples"), rows)


def explanations_part(found):
    if not found["explanations"]:
        return ""
    parts = []
    for explained in found["explanations"]:
        parts.append(f"<h3>{html.escape(explained['goal'])}: {html.escape(explained['by'])}</h3>")
        for each in explained["tables"]:
            rows = [[cell(value, "words" if isinstance(value, str) and not value[:1].isdigit() else "") for value in row]
                    for row in each["rows"]]
            parts.append(f"<p>{html.escape(each['title'])}</p>" + (table(each["head"], rows) if rows else ""))
    return "<h2>Where the time goes</h2>" + "".join(parts)


def facts_part(found):
    rows = [[cell(name), cell(value, "words")] for name, value in found["facts"].items()]
    notes = "".join(f"<p>{html.escape(note)}</p>" for note in found["notes"])
    return "<h2>Measured on</h2>" + table(("", ""), rows) + notes


def load_part(name, load):
    head = ["mode", *(f"{title}, {unit or (load['unit'] if figure == 'throughput' else '')}".rstrip(", ")
                      for figure, title, unit, _ in FIGURES), "repetitions"]
    rows = [[cell(mode["title"]), *(shown(mode["figures"][figure], digits) for figure, _, _, digits in FIGURES),
             cell(mode["repetitions"])] for mode in load["modes"].values()]
    entries = [(figure, title, unit or load["unit"]) for figure, title, unit, _ in FIGURES
               if figure in ("mean", "p50", "throughput", "stopped") and any(mode["figures"][figure] for mode in load["modes"].values())]
    drawn = "".join(charts.bars(title, [(mode["title"], mode["figures"][figure]) for mode in load["modes"].values()], unit)
                    for figure, title, unit in entries)
    return f'<h3 id="{name}">{html.escape(load["title"])}</h3>' + table(head, rows) + natures_part(load) + drawn


def natures_part(load):
    return (natures_table(load, "natures", "The mean of each nature, ms", 2)
            + natures_table(load, "natures_stopped", "The share of the time for which the guest stood still in each, %", 1))


def natures_table(load, figure, title, digits):
    names = list(dict.fromkeys(name for mode in load["modes"].values() for name in mode[figure]))
    rows = [[cell(mode["title"]), *(shown(mode[figure].get(name), digits) for name in names)] for mode in load["modes"].values()]
    return f"<p>{title}</p>" + table(["mode", *names], rows) if names else ""


def loads_part(found):
    if not found["loads"]:
        return ""
    return ("<h2>Workloads</h2><p>Medians of the repetitions; below and as whiskers the lowest and the highest of them.</p>"
            + "".join(load_part(name, load) for name, load in found["loads"].items()))


def faults_part(found):
    faults = found["faults"]
    if not faults:
        return ""
    rows = [[cell(fault["title"]), cell(fault["n"]), cell(fault["requests"]), cell(fault["lost"])] for fault in faults.values()]
    return ("<h2>Faults</h2>"
            + charts.strips("outage: the longest time that a client waited",
                            [(name, fault["outage"]) for name, fault in faults.items()], "s", OUTAGE_BOUND)
            + charts.strips("time to protect again", [(name, fault["protect_again"]) for name, fault in faults.items()], "s")
            + table(("fault", "times", "requests", "lost"), rows))


def protect_part(found):
    if not found["protect"]:
        return ""
    return "<h2>Time to protect</h2>" + charts.strips(
        "the job, from its begin to its end", [(entry["title"], entry) for entry in found["protect"].values()], "s")


def daemons_part(found):
    if not found["daemons"]:
        return ""
    rows = []
    for entry in found["daemons"]:
        figures = entry["figures"]
        values = [f"{figures[name]:{form}}" if name in figures else "–" for name, form in
                  (("alpha_cpu", ".2%"), ("beta_cpu", ".2%"), ("alpha_mib", ".1f"), ("beta_mib", ".1f"),
                   ("alpha_libvirtd_cpu", ".2%"), ("beta_libvirtd_cpu", ".2%"))]
        what = entry["error"] or ("QEMU stubbed" if figures.get("stubbed") else "real QEMUs")
        rows.append([cell(entry["pairs"]), *map(cell, values), cell(what, "words")])
    return "<h2>lockstepd, idle</h2>" + table(
        ("pairs", "primaries' host, of a core", "shadows' host, of a core", "MiB", "MiB", "libvirtd there", "libvirtd there", ""), rows)


def fleet_part(found):
    if not found["fleets"]:
        return ""
    form = (("hosts", "d"), ("pairs", "d"), ("seed", "d"), ("simulated_s", ".1f"), ("wall_s", ".1f"), ("events", ",d"),
            ("events_per_s", ",.0f"), ("heartbeats", ",d"), ("mib", ".0f"), ("takeovers", "d"), ("alone", "d"))
    rows = [[cell(f"{figures[name]:{shape}}") for name, shape in form]
            + [cell(figures["takeover_outage_s"]["p95"]), cell(figures["alone_outage_s"]["p95"])] for figures in found["fleets"]]
    return "<h2>Simulated fleet</h2>" + table(
        ("hosts", "pairs", "seed", "simulated, s", "took, s", "events", "events a second", "heartbeats", "MiB", "taken over",
         "went on alone", "outage of a takeover, p95, s", "of going on alone, p95, s"), rows)


def failed_part(found):
    if not found["failed"]:
        return ""
    rows = [[cell(entry["key"]), cell(entry["error"].splitlines()[0][:300], "words")] for entry in found["failed"]]
    return "<h2>What could not be measured</h2>" + table(("cell", "why"), rows)


def page(found):
    parts = (goals_part, explanations_part, facts_part, loads_part, faults_part, protect_part, daemons_part, fleet_part, failed_part)
    return ('<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1"><title>Lockstep benchmark</title>'
            f"<style>{STYLE}</style></head><body><h1>Lockstep benchmark</h1>"
            + "".join(part(found) for part in parts) + "</body></html>\n")


def write(journal, notes=()):
    """Both files, each whole at any time. Returns the summary."""
    found = summary(journal, notes)
    texts = {"report.json": json.dumps({**found, "cells": journal.records()}, indent=1) + "\n", "report.html": page(found)}
    for name, content in texts.items():
        new = journal.directory / f"{name}.new"
        new.write_text(content, encoding="utf-8")
        new.replace(journal.directory / name)
    return found
