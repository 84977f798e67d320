# SPDX-License-Identifier: LGPL-2.1-or-later
"""packaging/lockstepd.conf, in which each setting is commented, as Markdown."""

import re

SECTION = re.compile(r"#?\[([a-z.]+)\]")
KEY = re.compile(r"#(?: {4})?([a-z][a-z-]*) = (.+)")
COMMENT = re.compile(r"#(?: {4}#)? ?(.*)")


def setting(keys, words):
    """A definition: `key = default`, and what the comment says."""
    terms = ", ".join(f"`{name} = {value}`" for name, value in keys)
    return f"{terms}\n: {' '.join(words)}\n"


def sections(text):
    """Yields Markdown: a heading per section, and a definition per setting."""
    words, keys = [], []
    for line in text.splitlines():
        section, key, comment = SECTION.fullmatch(line), KEY.fullmatch(line), COMMENT.fullmatch(line)
        if key:
            keys.append((key[1], key[2]))
            continue
        if keys:
            yield setting(keys, words)
            words, keys = [], []
        if section:
            name = section[1].replace(".beta", ".HOST")
            yield f"### [{name}]\n"
            if words:
                yield " ".join(words) + "\n"
            words = []
        elif comment and comment[1]:
            words.append(comment[1])
        elif words and not comment:
            yield " ".join(words) + "\n"
            words = []
    if keys:
        yield setting(keys, words)


def markdown(text):
    # Its first lines are about the file; the page says that itself.
    return "\n".join(list(sections(text))[1:])
