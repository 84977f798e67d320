# SPDX-License-Identifier: LGPL-2.1-or-later
"""Markdown, as the manual pages are written in it, as man(7) macros.

What it knows: `##` and `###` headings, paragraphs, indented code, definition lists ("term", then
": text"), tables of two columns or more without alignment, lists of "- ", `code`, *emphasis*,
**strong** and links, of which the text stays. Anything else is an error: better none than a wrong page."""

import re


def escape(text):
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("…", "...").replace("–", "\\(en")
    return text.replace("'", "\\(aq").replace("^", "\\(ha").replace("~", "\\(ti").replace("`", "\\(ga")


def inline(text):
    """One line of text, marked up."""
    text = re.sub(r"\[([^]]+)\]\([^)]*\)", r"\1", text)
    parts = re.split(r"(`[^`]+`|\*\*[^*]+\*\*|\*[^*]+\*)", text)
    shown = []
    for part in parts:
        if part.startswith("`"):
            shown.append(rf"\fB{escape(part[1:-1])}\fR")
        elif part.startswith("**"):
            shown.append(rf"\fB{escape(part[2:-2])}\fR")
        elif len(part) > 2 and part.startswith("*"):
            shown.append(rf"\fI{escape(part[1:-1])}\fR")
        else:
            shown.append(escape(part))
    line = "".join(shown)
    # A line that began with one of these would be a request.
    return rf"\&{line}" if line.startswith((".", "'")) else line


def definition(term, text):
    return [".TP", inline(term), inline(text)]


def table(lines):
    """A row is a definition: its first cell the term."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    for row in rows[2:]:
        yield from definition(row[0], "; ".join(cell for cell in row[1:] if cell))


def block(lines):
    first = lines[0]
    if re.match(r"#{2,3} ", first) and len(lines) == 1:
        title = first.lstrip("# ")
        yield f".SH {inline(title.upper())}" if first.startswith("## ") else f".SS {inline(title)}"
    elif first.startswith("    "):
        yield from (".PP", ".RS 4", ".nf", *(inline(f"`{line[4:]}`") if line.strip() else "" for line in lines), ".fi", ".RE")
    elif first.startswith("|"):
        yield from table(lines)
    elif len(lines) > 1 and lines[1].startswith(": "):
        yield from definition(first, " ".join([lines[1][2:], *(line.strip() for line in lines[2:])]))
    elif first.startswith("- "):
        for item in re.split(r"\n- ", "\n" + "\n".join(lines))[1:]:
            yield from (r".IP \(bu 2", inline(" ".join(item.split())))
    elif first.startswith(("#", "<", ">", "```", "1.", "* ", ": ")):
        raise ValueError(f"roff.py does not know: {first}")
    else:
        yield from (".PP", inline(" ".join(lines)))


def blocks(text):
    """Parts between empty lines; indented code keeps those inside it."""
    parts = [part.splitlines() for part in re.split(r"\n{2,}", text.strip("\n"))]
    merged = []
    for part in parts:
        if merged and part[0].startswith("    ") and merged[-1][0].startswith("    "):
            merged[-1] += ["", *part]
        else:
            merged.append(part)
    return merged


def page(name, section, date, version, text):
    """The whole manual page; `date` is that of the version, so that the same source makes the same page."""
    lines = ['.\\" Made by docs/generate/man-pages.', f'.TH {name.upper()} {section} "{date}" "Lockstep {version}" "Lockstep"']
    for lines_of_block in blocks(text):
        made = list(block(lines_of_block))
        # After a heading a paragraph begins by itself.
        if made[0] == ".PP" and lines[-1].startswith((".SH", ".SS")):
            made = made[1:]
        lines += made
    return "\n".join(lines) + "\n"
