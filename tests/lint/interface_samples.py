# SPDX-License-Identifier: LGPL-2.1-or-later
"""Samples that break the rules of check-interfaces, each with a part of what has to be said of it: a rule
that finds nothing wrong with its sample is broken itself."""

import xml.etree.ElementTree

import contract

FACTS = {"errors": {"Busy", "NoSpace"}, "actions": {"org.lockstep.look"}, "version": (0, 2, 0)}
RELEASED = (0, 1, 0)

METHOD = """<!-- Does it. size: in bytes. options: none yet. Errors: Busy. polkit: org.lockstep.look. Since 0.1.0. -->
<method name="Do"><arg name="size" type="t" direction="in"/><arg name="options" type="a{sv}" direction="in"/></method>"""
PROPERTY = """<!-- In bytes. Since 0.1.0. -->
<property name="Size" type="t" access="read"/>"""
SIGNAL = """<!-- It happened. what: a word. Since 0.1.0. -->
<signal name="Happened"><arg name="what" type="s"/></signal>"""
GOOD = METHOD + PROPERTY + SIGNAL

# (what is replaced, by what, what is said)
DOCUMENTATION = (
    (METHOD.partition("\n")[0], "", "method Do has no comment"),
    ("<!-- In bytes. Since 0.1.0. -->", "", "property Size has no comment"),
    ("In bytes. Since 0.1.0.", "In bytes.", "does not end with"),
    ("In bytes. Since 0.1.0.", "Since 0.1.0. In bytes.", "does not end with"),
    ("In bytes. Since 0.1.0.", "In bytes. Since 0.3.0.", "since 0.3.0, but this is 0.2.0"),
    ("size: in bytes. ", "", 'nothing of the argument "size"'),
    (' name="size"', "", "an argument without a name"),
    ('<arg name="options" type="a{sv}" direction="in"/>', "", 'last argument is not "options"'),
    ('type="a{sv}"', 'type="as"', 'last argument is not "options"'),
    ("Errors: Busy. ", "", 'has no "Errors:"'),
    ("Errors: Busy. ", "Errors: Busy, NoSpace if\nit is full; Bussy. ", 'no error "Bussy"'),
    ('<arg name="size" type="t" direction="in"/>', '<arg name="job" type="o" direction="out"/>', 'has no "Errors of the job:"'),
    ("polkit: org.lockstep.look. ", "", "has to say either"),
    ("polkit: org.lockstep.look. ", "polkit: org.lockstep.look. Everybody may call it. ", "has to say either"),
    ("polkit: org.lockstep.look. ", "polkit: org.lockstep.bake. ", 'no action "org.lockstep.bake"'),
    ('access="read"', 'access="readwrite"', "can be written"),
)
COMPATIBILITY = (
    (METHOD, "", "method Do was removed since 0.1.0"),
    (SIGNAL, "", "signal Happened was removed since 0.1.0"),
    ('name="Size"', 'name="Bytes"', "property Size was removed since 0.1.0"),
    ('type="t" access', 'type="u" access', "its type or access was changed"),
    ('access="read"', 'access="readwrite"', "its type or access was changed"),
    ('name="size" type="t"', 'name="size" type="x"', "its arguments or their types were changed"),
    ('<arg name="what" type="s"/>', '<arg name="what" type="s"/><arg name="why" type="s"/>', "its arguments or their types were changed"),
    ('direction="in"/>', 'direction="in"/><arg name="job" type="o" direction="out"/>', "its arguments or their types were changed"),
    ('name="what"', 'name="which"', "an argument was renamed"),
    ("In bytes. Since 0.1.0.", "In bytes. Since 0.2.0.", "its first version was changed"),
    ("polkit: org.lockstep.look.", "Everybody may call it.", "its polkit action was changed"),
    ('access="read"/>', f'access="read"><annotation name="{contract.EMITS}" value="const"/></property>', "its annotation"),
    (PROPERTY, PROPERTY + PROPERTY.replace("Size", "More"), "property More is not in 0.1.0, though it says since 0.1.0"),
    ('interface name="I"', 'interface name="J"', "interface I was removed since 0.1.0"),
)
# Changes that are allowed.
COMPATIBLE = (
    (PROPERTY, PROPERTY + PROPERTY.replace("Size", "More").replace("0.1.0", "0.2.0")),
    ("In bytes.", "In bytes, as QEMU counts them."),
    ("Errors: Busy.", "Errors: Busy, NoSpace."),
    ('access="read"/>', 'access="read"><annotation name="org.freedesktop.DBus.Deprecated" value="true"/></property>'),
    ('access="read"/>', f'access="read"><annotation name="{contract.EMITS}" value="true"/></property>'),
)

POLICY = """<busconfig><policy user="root"><allow own="org.lockstep.Lockstep1"/></policy><policy context="default">
<deny send_destination="org.lockstep.Lockstep1" send_type="method_call"/>
<allow send_destination="org.lockstep.Lockstep1" send_interface="I"/>
<allow send_destination="org.lockstep.Lockstep1" send_interface="org.freedesktop.DBus.Introspectable"/>
<allow send_destination="org.lockstep.Lockstep1" send_interface="org.freedesktop.DBus.Peer"/>
<allow send_destination="org.lockstep.Lockstep1" send_interface="org.freedesktop.DBus.ObjectManager" send_member="GetManagedObjects"/>
<allow send_destination="org.lockstep.Lockstep1" send_interface="org.freedesktop.DBus.Properties" send_member="Get"/>
<allow send_destination="org.lockstep.Lockstep1" send_interface="org.freedesktop.DBus.Properties" send_member="GetAll"/>
</policy></busconfig>"""
POLICIES = (
    ('send_interface="I"', 'send_interface="J"', "everybody should be allowed I"),
    (' send_interface="I"', "", "what no interface here is"),
    (' send_member="Get"', ' send_member="Set"', "Properties: Get, GetAll, and nothing else"),
    (' send_member="GetAll"', "", "Properties: Get, GetAll, and nothing else"),
    (' send_type="method_call"', "", "what is not listed is not denied"),
    ('user="root"', 'user="lockstep"', "root, and nobody else"),
)

ASKS = "<allow_any>auth_admin_keep</allow_any><allow_inactive>auth_admin_keep</allow_inactive>"
ACTIONS = f"""<policyconfig>
<action id="org.lockstep.Lockstep1.look"><defaults>{ASKS}<allow_active>yes</allow_active></defaults></action>
<action id="org.lockstep.Lockstep1.bake"><defaults>{ASKS}<allow_active>auth_admin_keep</allow_active></defaults></action>
</policyconfig>"""
DEFAULTS = (
    (">auth_admin_keep</allow_active>", ">yes</allow_active>", "bake: allow_active is yes"),
    (">auth_admin_keep</allow_active>", ">auth_self</allow_active>", "bake: allow_active is auth_self"),
    ("<allow_any>auth_admin_keep</allow_any>", "", "look: allow_any is missing"),
    ("<allow_any>auth_admin_keep</allow_any>", "<allow_any>yes</allow_any>", "look: allow_any is yes"),
    ("<allow_inactive>auth_admin_keep<", "<allow_inactive>no<", "look: allow_inactive is no"),
    (">yes</allow_active>", ">auth_admin_keep</allow_active>", "look: allow_active is auth_admin_keep"),
    ("Lockstep1.look", "Lockstep1.see", "there is no action org.lockstep.Lockstep1.look"),
    ("</defaults>", '</defaults><annotate key="org.freedesktop.policykit.imply">org.lockstep.Lockstep1.bake</annotate>',
     "may give its rights to others"),
)

SECTION = "\n\n- When: now.\n- The guest: runs.\n- What to do: nothing.\n\n"
PAGE = f"# Errors\n\n## Busy{SECTION}## NoSpace{SECTION}"
PAGES = (
    (f"## Busy{SECTION}", "", 'no section "## Busy"'),
    ("## Busy", "## Basy", 'no error "Basy"'),
    ("- The guest: runs.\n", "", 'section Busy has no line "- The guest:"'),
    (PAGE, f"## NoSpace{SECTION}## Busy{SECTION}", "alphabetical"),
)

TABLE = "| `org.lockstep.look` | `Do`, and `Cancel` of such jobs | yes |"
TABLES = (
    ("`Do`", "much", "the row of org.lockstep.look lacks Do"),
    ("`Do`", "`Do`, `Undo`", "the row of org.lockstep.look should not have Undo"),
    (TABLE, "", "the row of org.lockstep.look lacks Do"),
)

COVERED = """<!-- Does it.
options: "fast" (b), whether it hurries; "colour" (s: "red"), seldom:
"blue". Errors: Busy. polkit: org.lockstep.look. Since 0.1.0. -->
<method name="Do"><arg name="options" type="a{sv}" direction="in"/></method>
<!-- Would do it.
options: as of Do. Errors: Busy. polkit: org.lockstep.look. Since 0.1.0. -->
<method name="Try"><arg name="options" type="a{sv}" direction="in"/></method>"""
TREE = {"commands": [{"name": "do it", "options": [{"names": ["-f", "--fast"]}, {"names": ["--dry-run"]}],
                      "positionals": [{"name": "SETTING", "values": ["colour=red"]}]}]}
CALLS = {"I.Do", "I.Try"}
FOR_ALL = {"fast": "--fast", "colour": "colour="}
FOR_BOTH = {"I.Do": ("do it", FOR_ALL), "I.Try": ("do it --dry-run", FOR_ALL)}
# (what is replaced in the interface, by what, calls, table, exceptions, what is said)
COMMANDS = (
    ("", "", CALLS, {"I.Do": ("do it", FOR_ALL)}, {}, "I.Try: no command does it"),
    ("", "", {"I.Do"}, FOR_BOTH, {}, "I.Try is not called in cli/"),
    ("", "", CALLS, FOR_BOTH | {"I.Do": ("do that", FOR_ALL)}, {}, "I.Do: there is no command 'do that'"),
    ("", "", CALLS, FOR_BOTH | {"I.Do": ("do it --slow", FOR_ALL)}, {}, "I.Do: 'do it' has no option --slow"),
    ("", "", CALLS, FOR_BOTH | {"I.Do": ("do it", {"fast": "--fast"})}, {}, 'I.Do: no command has its option "colour"'),
    ("", "", CALLS, FOR_BOTH | {"I.Try": ("do it", {"fast": "--fast"})}, {}, 'I.Try: no command has its option "colour"'),
    ("", "", CALLS, FOR_BOTH | {"I.Do": ("do it", FOR_ALL | {"fast": "--quick"})}, {}, "'do it' has no --quick for \"fast\""),
    ("", "", CALLS, FOR_BOTH | {"I.Do": ("do it", FOR_ALL | {"fast": "fast="})}, {}, "'do it' has no fast= for \"fast\""),
    ("", "", CALLS, FOR_BOTH | {"I.Undo": ("do it", {})}, {}, "there is no method I.Undo"),
    ("", "", CALLS, FOR_BOTH, {"I.Undo": "nobody wants it"}, "nothing is there, or nothing said why, that no command has: I.Undo"),
    ("", "", CALLS, {"I.Do": ("do it", FOR_ALL)}, {"I.Try": ""}, "I.Try: no command does it"),
    ('"fast" (b), whether', "whether", CALLS, FOR_BOTH, {}, 'I.Do has no option "fast"'),
)
# Tables that are good enough.
COMMANDED = (
    (FOR_BOTH, {}),
    ({"I.Do": ("do it", FOR_ALL)}, {"I.Try": "everybody may do it"}),
    (FOR_BOTH | {"I.Do": ("do it", {"fast": "--fast"})}, {"I.Do colour": "it cannot be seen"}),
)


def interfaces(members, name="I"):
    text = f'<node><!-- An interface. Since 0.1.0. --><interface name="{name}">{members}</interface></node>'
    return parsed(text)


def parsed(text):
    return {interface.name: interface for interface in contract.Reader("sample").read(text)}


def failures(rules):
    """What the rules do not find, or find where nothing is: a line of text for each."""

    def documentation(members):
        return [text for _, text in rules["undocumented"](interfaces(members)["I"], FACTS)]

    def compatibility(after):
        return [text for *_, text in rules["breaks"](interfaces(GOOD), after, RELEASED)]

    def policy(text):
        return list(rules["policy"](xml.etree.ElementTree.fromstring(text), ["I"]))

    def defaults(text):
        return list(rules["defaults"](xml.etree.ElementTree.fromstring(text)))

    def page(text):
        return list(rules["page"](text, FACTS["errors"]))

    def table(text):
        return list(rules["table"](text, interfaces(GOOD)))

    def commands(sample, calls, table, without):
        return list(rules["commands"](interfaces(sample), TREE, calls, table, without))

    def wrong(title, before, after, said, expected):
        if before == after or not any(expected in line for line in said):
            yield f"check-interfaces itself: {title} does not say '{expected}' of {after!r}, but {said}"

    def right(title, sample, said):
        if said:
            yield f"check-interfaces itself: {title} finds fault with {sample!r}: {said}"

    yield from right("documentation", GOOD, documentation(GOOD))
    for old, new, expected in DOCUMENTATION:
        sample = GOOD.replace(old, new, 1)
        yield from wrong("documentation", GOOD, sample, documentation(sample), expected)
    yield from right("compatibility", GOOD, compatibility(interfaces(GOOD)))
    for old, new, expected in COMPATIBILITY:
        name = "J" if old.startswith("interface") else "I"
        sample = GOOD if name == "J" else GOOD.replace(old, new, 1)
        yield from wrong("compatibility", (GOOD, "I"), (sample, name), compatibility(interfaces(sample, name)), expected)
    for old, new in COMPATIBLE:
        sample = GOOD.replace(old, new, 1)
        yield from right("compatibility", sample, compatibility(interfaces(sample)))
    yield from right("policy", POLICY, policy(POLICY))
    for old, new, expected in POLICIES:
        sample = POLICY.replace(old, new, 1)
        yield from wrong("policy", POLICY, sample, policy(sample), expected)
    yield from right("defaults", ACTIONS, defaults(ACTIONS))
    for old, new, expected in DEFAULTS:
        sample = ACTIONS.replace(old, new, 1)
        yield from wrong("defaults", ACTIONS, sample, defaults(sample), expected)
    yield from right("table", TABLE, table(TABLE))
    for old, new, expected in TABLES:
        sample = TABLE.replace(old, new, 1)
        yield from wrong("table", TABLE, sample, table(sample), expected)
    for named, without in COMMANDED:
        yield from right("commands", (named, without), commands(COVERED, CALLS, named, without))
    for old, new, calls, named, without, expected in COMMANDS:
        sample = COVERED.replace(old, new, 1)
        yield from wrong("commands", None, (sample, calls, named, without), commands(sample, calls, named, without), expected)
    yield from right("page", PAGE, page(PAGE))
    for old, new, expected in PAGES:
        sample = PAGE.replace(old, new, 1)
        yield from wrong("page", PAGE, sample, page(sample), expected)
