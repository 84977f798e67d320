# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tells from what clients were answered whether a counter ever lost or repeated a number."""

from typing import NamedTuple


class Answer(NamedTuple):
    number: int
    connection: str
    sent: float
    received: float


def parse_answers(lines, source=""):
    """Reads lines as `load run numbers` writes them; a last line cut short is left out."""
    answers = []
    for line in lines:
        fields = line.split()
        if not line.endswith("\n") or len(fields) != 4:
            continue
        answers.append(Answer(int(fields[0]), f"{source}{fields[1]}", float(fields[2]),
                              float(fields[3])))
    return answers


def repeated(answers):
    """Numbers that were given more than once."""
    seen = {}
    for answer in answers:
        if answer.number in seen:
            other = seen[answer.number]
            yield (f"number {answer.number} was given twice: to connection {other.connection} at "
                   f"{other.received:.3f} s and to {answer.connection} at {answer.received:.3f} s")
        seen[answer.number] = answer


def went_back(answers):
    """Numbers not above all those that were known before they were asked for.

    Several connections may be answered in any order while their questions overlap in time, but
    who asks after an answer has arrived has to get more than that answer."""
    by_arrival = sorted(answers, key=lambda answer: answer.received)
    highest = None
    arrived = 0
    for answer in sorted(answers, key=lambda answer: answer.sent):
        while arrived < len(by_arrival) and by_arrival[arrived].received < answer.sent:
            number = by_arrival[arrived].number
            highest = number if highest is None else max(highest, number)
            arrived += 1
        if highest is not None and answer.number < highest:
            yield (f"number {answer.number} was given at {answer.received:.3f} s to connection "
                   f"{answer.connection}, which asked after {highest} had been given")


def verify_numbers(answers, last, unanswered=0):
    """Returns (findings, facts). `last` is what the guest has now, `unanswered` how many
    questions have no answer: each of them may have used up a number."""
    findings = list(repeated(answers)) + list(went_back(answers))
    numbers = {answer.number for answer in answers}
    facts = {"answered": len(answers), "last": last}
    if numbers:
        facts["first"] = min(numbers)
        facts["highest"] = max(numbers)
        facts["skipped"] = facts["highest"] - facts["first"] + 1 - len(numbers)
        if facts["highest"] > last:
            lost = sum(number > last for number in numbers)
            findings.append(f"the guest is at {last}, but {lost} answered numbers up to "
                            f"{facts['highest']} are above it: they are lost")
        if facts["skipped"] > unanswered:
            facts["note"] = (f"{facts['skipped']} numbers were given to nobody here, with only "
                             f"{unanswered} questions without an answer: there was another client")
    return findings, facts
