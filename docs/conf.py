# SPDX-License-Identifier: LGPL-2.1-or-later
# Sphinx's configuration; docs/build lays the pages out and calls it.
import pathlib
import re

_cmake = (pathlib.Path(__file__).resolve().parent / "CMakeLists.top.txt").read_text(encoding="utf-8")

project = "Lockstep"
author = "The Lockstep authors"
copyright = "2026 The Lockstep authors"  # noqa: A001 - Sphinx wants this name
version = release = re.search(r"project\(lockstep VERSION ([0-9.]+)", _cmake)[1]

extensions = ["myst_parser", "sphinx.ext.graphviz"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4
highlight_language = "none"  # commands and tables, not programs
nitpicky = True

html_theme = "furo"
html_title = f"Lockstep {version}"
html_show_sphinx = False
html_copy_source = False
html_last_updated_fmt = None
graphviz_output_format = "svg"
