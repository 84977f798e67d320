# SPDX-License-Identifier: LGPL-2.1-or-later
"""Completion for bash, zsh and fish, from what `lockstep describe` says (docs/commands.json)."""

import shlex

# What lockstep itself is asked for; as in cli/Values.cpp.
ASKED = ("domain", "any-domain", "pair", "peer", "stranger", "host-or-peer", "job", "running-job", "cancellable-job", "setting")


def quoted(text):
    return shlex.quote(text)


def what(argument):
    """What completes an argument: its kind, then words; "" for a flag."""
    if argument["kind"] == "flag":
        return ""
    return " ".join([argument["kind"], *argument["values"]])


def shown(tree):
    """The commands that help lists."""
    listed = {name for group in tree["groups"] for name in group["commands"]}
    return [command for command in tree["commands"] if command["name"] in listed]


def next_words(tree):
    """What may follow the words of a command that are there so far: "peer" -> add, accept, ..."""
    found = {}
    for command in shown(tree):
        for count, word in enumerate(command["words"]):
            words = found.setdefault(" ".join(command["words"][:count]), [])
            if word not in words:
                words.append(word)
    return found


def subject(tree, words):
    """What a command, or a group of them, is for."""
    for command in tree["commands"]:
        if command["name"] == words:
            return command["description"]
    return "Commands: " + ", ".join(next_words(tree)[words])


def keywords(tree):
    """What `help` takes besides commands: the groups."""
    return [group["keyword"] for group in tree["groups"]]


def names(options):
    return [name for option in options for name in option["names"]]


def cases(entries):
    return "".join(f"        {pattern}) reply={quoted(text)} ;;\n" for pattern, text in entries if text)


def table(function, subject_of_case, entries, other=""):
    return (f"{function}() {{\n    case {subject_of_case} in\n{cases(entries)}"
            f"        *) reply={other or quoted('')} ;;\n    esac\n}}\n")


def tables(tree):
    """Functions that bash and zsh share; each leaves its answer in `reply`."""
    commands, everywhere = shown(tree), tree["options"]
    values = [(f"*:{quoted(name)}", what(option)) for option in everywhere for name in option["names"]]
    values += [(f"{quoted(command['name'])}:{quoted(name)}", what(option)) for command in commands
               for option in command["options"] for name in option["names"]]
    positionals = []
    for command in commands:
        for number, argument in enumerate(command["positionals"]):
            pattern = f"{quoted(command['name'])}:" + ("*" if argument["repeats"] else str(number))
            positionals.append((pattern, "command" if argument["name"] == "COMMAND" else what(argument)))
    common = " ".join(name for name in names(everywhere) if name.startswith("--"))
    options = [(quoted(command["name"]), " ".join([*(name for name in names(command["options"]) if name.startswith("--")), common]))
               for command in commands]
    return "\n".join([
        table("_lockstep_next", '"$1"', [(quoted(prefix), " ".join(words)) for prefix, words in next_words(tree).items()]),
        table("_lockstep_value", '"$1:$2"', values),
        table("_lockstep_positional", '"$1:$2"', positionals),
        table("_lockstep_options", '"$1"', options, quoted(common)),
        f"typeset -g _lockstep_keywords={quoted(' '.join(keywords(tree)))}\n",
    ])


# The same for bash and zsh: reads the words before the cursor, and sets `offers`, a line each, and
# `special` for what the shell knows itself.
CORE = r"""
# Quietly, and not from another host: ssh may ask for a password.
_lockstep_ask() {
    [[ -z ${LOCKSTEP_CONNECT-} && -z $elsewhere ]] || return 0
    offers=$(timeout 1 lockstep describe --values "$1" </dev/null 2>/dev/null)
}

_lockstep_offer() {
    local kind=${1%% *} list=
    [[ $1 != *' '* ]] || list=${1#* }
    if [[ -n $list ]]; then
        offers=${list// /$'\n'}
        return 0
    fi
    case $kind in
        @ASKED@) _lockstep_ask "$kind" ;;
        file | directory | host) special=$kind ;;
        command)
            # The words of another command; as the first one a group will do.
            _lockstep_next "$arguments"
            [[ -n $arguments ]] || reply+=" $_lockstep_keywords"
            offers=${reply// /$'\n'} typed=$arguments ;;
    esac
}

# _lockstep_find CURRENT WORD...
_lockstep_find() {
    local current=$1 command= pending= elsewhere= arguments= count=0 word
    offers= special= typed=
    shift
    for word; do
        if [[ -n $pending ]]; then
            pending=
        elif [[ $word == -* ]]; then
            case $word in -c* | --connect | --connect=*) elsewhere=yes ;; esac
            _lockstep_value "$command" "$word"
            [[ -z $reply ]] || pending=$reply
        else
            _lockstep_next "$command"
            if [[ -n $reply ]]; then
                command+=${command:+ }$word
            else
                arguments+=${arguments:+ }$word
                count=$((count + 1))
            fi
        fi
    done
    typed=$command
    if [[ -n $pending ]]; then
        _lockstep_offer "$pending"
    elif [[ $current == -* ]]; then
        _lockstep_options "$command"
        offers=${reply// /$'\n'}
    else
        _lockstep_next "$command"
        if [[ -n $reply ]]; then
            offers=${reply// /$'\n'}
        else
            _lockstep_positional "$command" "$count"
            _lockstep_offer "$reply"
        fi
    fi
}
""".replace("@ASKED@", " | ".join(ASKED))

BASH = r"""
_lockstep() {
    local reply offers special typed current=${COMP_WORDS[COMP_CWORD]} word key=
    local -a before=()
    # bash takes a word apart at '=': --arbiter=etcd is three, and so is auto-protect=yes.
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        [[ $word == '=' ]] || before+=("$word")
    done
    if [[ $current == '=' ]]; then
        current= key=${COMP_WORDS[COMP_CWORD-1]}
    elif [[ ${COMP_WORDS[COMP_CWORD-1]} == '=' ]]; then
        key=${COMP_WORDS[COMP_CWORD-2]}
    fi
    if [[ -n $key && $key != -* ]]; then
        unset 'before[-1]'
        key+='='
    else
        key=
    fi
    _lockstep_find "$key$current" "${before[@]}"
    COMPREPLY=()
    case $special in
        file) mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames 2>/dev/null ;;
        directory) mapfile -t COMPREPLY < <(compgen -d -- "$current"); compopt -o filenames 2>/dev/null ;;
        host) mapfile -t COMPREPLY < <(compgen -A hostname -- "$current") ;;
        *)
            # Not by compgen -W, which would carry out what stands in a guest's name.
            while IFS= read -r word; do
                [[ -n $word && $word == "$key$current"* ]] || continue
                printf -v word %q "${word#"$key"}"
                COMPREPLY+=("$word")
            done <<<"$offers" ;;
    esac
}

complete -F _lockstep lockstep
"""

ZSH = r"""
_lockstep() {
    emulate -L zsh
    local reply offers special typed current=${PREFIX-}
    local -a list texts
    local word text
    if [[ $current == --*=* ]]; then
        _lockstep_find '' "${(@)words[2,CURRENT-1]}" "${current%%=*}"
        compset -P '*='
    else
        _lockstep_find "$current" "${(@)words[2,CURRENT-1]}"
    fi
    case $special in
        file) _files; return ;;
        directory) _files -/; return ;;
        host) _hosts; return ;;
    esac
    list=("${(@f)offers}")
    list=("${(@)list:#}")
    for word in "${(@)list}"; do
        text=${_lockstep_about[$typed:$word]-${_lockstep_about[:$word]-}}
        texts+=("$word${text:+  -- $text}")
    done
    (( $#list )) && compadd -l -d texts -a list
}

_lockstep "$@"
"""

FISH = r"""
# Words of the line that are neither options nor their values.
function __lockstep_words
    set -l tokens (commandline -xpc)
    set -l skip 0
    for token in $tokens[2..]
        if test $skip = 1
            set skip 0
        else if string match -q -- '-*' $token
            contains -- $token $__lockstep_valued; and set skip 1
        else
            printf '%s\n' $token
        end
    end
end

# __lockstep_begun WORD...: exactly these words are there.
function __lockstep_begun
    set -l words (__lockstep_words)
    test "$words" = "$argv"
end

# __lockstep_is COMMAND: it is this command.
function __lockstep_is
    set -l words (__lockstep_words)
    string match -q -- "$argv[1] *" "$words "
end

# __lockstep_at COMMAND NUMBER: its positional argument of that number comes next; "*" any.
function __lockstep_at
    __lockstep_is $argv[1]; or return 1
    set -l words (__lockstep_words)
    set -l count (math (count $words) - (count (string split ' ' -- $argv[1])))
    test "$argv[2]" = '*'; or test "$count" = "$argv[2]"
end

# Quietly, and not from another host: ssh may ask for a password.
function __lockstep_values
    test -z "$LOCKSTEP_CONNECT"; or return
    for token in (commandline -xpc)
        string match -qr -- '^(-c|--connect)' $token; and return
    end
    timeout 1 lockstep describe --values $argv[1] </dev/null 2>/dev/null
end

complete -c lockstep -f
"""


def bash(tree):
    return "# SPDX-License-Identifier: LGPL-2.1-or-later\n# bash completion for lockstep(1); made by docs/generate/completions.\n\n" \
        + tables(tree) + CORE + BASH


def zsh(tree):
    about = []
    for prefix, words in next_words(tree).items():
        about += [(f"{prefix}:{word}", subject(tree, f"{prefix} {word}".strip())) for word in words]
    about += [(f":{group['keyword']}", f"Group: {group['name']}") for group in tree["groups"]]
    about += [(f":{name}", option["description"]) for option in tree["options"] for name in option["names"]]
    about += [(f"{command['name']}:{name}", option["description"]) for command in shown(tree)
              for option in command["options"] for name in option["names"]]
    texts = "".join(f"    {quoted(key)} {quoted(text)}\n" for key, text in about)
    return "#compdef lockstep\n# SPDX-License-Identifier: LGPL-2.1-or-later\n# zsh completion for lockstep(1); made by docs/generate/completions.\n\n" \
        + f"typeset -gA _lockstep_about\n_lockstep_about=(\n{texts})\n\n" + tables(tree) + CORE + ZSH


def fish_quoted(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def fish_values(argument):
    """The part of `complete` that says what completes a value."""
    if argument["values"]:
        return " -x -a " + fish_quoted(" ".join(argument["values"]))
    if argument["kind"] in ASKED:
        return " -x -a " + fish_quoted(f"(__lockstep_values {argument['kind']})")
    return {"file": " -r -F", "directory": " -x -a '(__fish_complete_directories)'",
            "host": " -x -a '(__fish_print_hostnames)'", "flag": ""}.get(argument["kind"], " -x")


def fish_option(condition, option):
    spelled = "".join(f" -{'l' if name.startswith('--') else 's'} {name.lstrip('-')}" for name in option["names"])
    return f"complete -c lockstep{condition}{spelled}{fish_values(option)} -d {fish_quoted(option['description'])}"


def fish_commands(tree, command):
    """The words of another command behind this one, `help`; as the first one a group will do."""
    for prefix, words in next_words(tree).items():
        begun = fish_quoted(f"__lockstep_begun {command} {prefix}".strip())
        for word in words:
            yield f"complete -c lockstep -n {begun} -a {word} -d {fish_quoted(subject(tree, f'{prefix} {word}'.strip()))}"
    begun = fish_quoted(f"__lockstep_begun {command}")
    for group in tree["groups"]:
        yield f"complete -c lockstep -n {begun} -a {group['keyword']} -d {fish_quoted('Group: ' + group['name'])}"


def fish_lines(tree):
    for prefix, words in next_words(tree).items():
        for word in words:
            yield (f"complete -c lockstep -n {fish_quoted(f'__lockstep_begun {prefix}'.strip())} -a {word}"
                   f" -d {fish_quoted(subject(tree, f'{prefix} {word}'.strip()))}")
    yield from (fish_option("", option) for option in tree["options"])
    for command in shown(tree):
        name = f'"{command["name"]}"'
        yield from (fish_option(f" -n {fish_quoted(f'__lockstep_is {name}')}", option) for option in command["options"])
        for number, argument in enumerate(command["positionals"]):
            if argument["name"] == "COMMAND":
                yield from fish_commands(tree, command["name"])
                continue
            place = "'*'" if argument["repeats"] else str(number)
            values = fish_values(argument)
            if values.strip(" -x"):
                yield f"complete -c lockstep -n {fish_quoted(f'__lockstep_at {name} {place}')}{values.replace(' -x', '')}"


def fish(tree):
    every = [*tree["options"], *(option for command in shown(tree) for option in command["options"])]
    valued = sorted({name for option in every if option["kind"] != "flag" for name in option["names"]})
    return "# SPDX-License-Identifier: LGPL-2.1-or-later\n# fish completion for lockstep(1); made by docs/generate/completions.\n\n" \
        + f"set -g __lockstep_valued {' '.join(valued)}\n" + FISH + "\n".join(fish_lines(tree)) + "\n"
