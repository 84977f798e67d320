# SPDX-License-Identifier: LGPL-2.1-or-later
"""docs/commands.json, what `lockstep describe` says, as Markdown for lockstep(1)."""


def placeholder(option):
    return "" if option["kind"] == "flag" else f" *{option['placeholder']}*"


def term(option):
    """How an option is typed: `-c`, `--connect` *HOST*."""
    return ", ".join(f"`{name}`" for name in option["names"]) + placeholder(option)


def remarks(option):
    text = option["description"].rstrip(".") + "."
    if option["default"]:
        text += f" Default: {option['default']}."
    if option["environment"]:
        text += f" Default: the variable `{option['environment']}`."
    return text + (" May be given more than once." if option["repeats"] else "")


def options(all_options):
    return "\n".join(f"{term(option)}\n: {remarks(option)}\n" for option in all_options)


def usage(command):
    words = [f"`{' '.join(command['words'])}`"]
    for argument in command["positionals"]:
        name = f"*{argument['name']}*" + ("..." if argument["repeats"] else "")
        words.append(name if argument["required"] else f"[{name}]")
    return " ".join(words) + (" [*options*]" if command["options"] else "")


def command_text(command):
    parts = [f"{usage(command)}\n: {command['description'].rstrip('.')}.\n"]
    for argument in command["positionals"]:
        parts.append(f"*{argument['name']}*\n: {remarks(argument)}\n")
    text = "\n".join([*parts, options(command["options"])]).rstrip("\n") + "\n"
    if command["footer"]:
        heading, *lines = command["footer"].splitlines()
        text += f"\n{heading}\n\n" + "\n".join(f"    {line}" for line in lines) + "\n"
    return text


def groups(tree):
    """A heading for each group, and a heading for each command below it."""
    by_name = {command["name"]: command for command in tree["commands"]}
    for group in tree["groups"]:
        yield f"## {group['name']}\n"
        for name in group["commands"]:
            yield f"### {name}\n"
            yield command_text(by_name[name])
