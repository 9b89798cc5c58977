"""Differences that are the oracle's fault or a choice of ours: each with its reason. Anything else fails the run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.composition_oracle.answers import Answer


@dataclass(frozen=True, slots=True)
class Explanation:
    """name: a few words for the table. applies: whether it explains this difference of (ours, theirs, SDLs)."""

    name: str
    reason: str
    applies: Callable[[Answer, Answer, str], bool]


def _only(answer: Answer, *codes: str) -> bool:
    return answer.codes == set(codes)


def _composes(answer: Answer) -> bool:
    return not answer.codes and not answer.crash


EXPLAINED: tuple[Explanation, ...] = (
    Explanation(
        "it crashes",
        "The oracle ends in an exception of its own: requirements that go round in a circle, a composed directive with"
        " two names, a type of two kinds.",
        lambda ours, theirs, sdls: theirs.crash != "",
    ),
    Explanation(
        "literals in requirements",
        "The oracle lets a string stand for an enum value, and an input object lack what it needs; the subgraph that"
        " is asked would refuse the request.",
        lambda ours, theirs, sdls: _only(ours, "REQUIRES_INVALID_FIELDS") and _composes(theirs) and "enum E" in sdls,
    ),
    Explanation(
        "link under another name",
        "The link specification says that it can be linked under another name; the oracle does not follow that.",
        lambda ours, theirs, sdls: _composes(ours) and "@lk(" in sdls,
    ),
    Explanation(
        "links that cannot be read",
        "The oracle passes over a @link without a URL, or with nonsense for one; we say it, since it is a mistake.",
        lambda ours, theirs, sdls: (
            ours.codes <= {"INVALID_LINK_DIRECTIVE_USAGE", "INVALID_LINK_IDENTIFIER"} and _composes(theirs)
        ),
    ),
    Explanation(
        "a definition with a wrong type",
        "`directive @key(fields: Int!)` is taken by the oracle, which compares the names of arguments only.",
        lambda ours, theirs, sdls: (
            _only(ours, "DIRECTIVE_DEFINITION_INVALID") and _composes(theirs) and "fields: Int!" in sdls
        ),
    ),
    Explanation(
        "a subgraph without a name",
        "The oracle chokes on the join__Graph value that it makes of it.",
        lambda ours, theirs, sdls: _only(ours, "INVALID_SUBGRAPH_NAME") and _only(theirs, "INVALID_GRAPHQL"),
    ),
    Explanation(
        "a composed directive of a `join` or `link` specification",
        "Such a name would stand for two specifications in the supergraph; we refuse it.",
        lambda ours, theirs, sdls: _only(ours, "DIRECTIVE_COMPOSITION_ERROR") and "x.test/join" in sdls,
    ),
    Explanation(
        "@oneOf",
        "The oracle knows GraphQL as of 2021, which has no @oneOf.",
        lambda ours, theirs, sdls: _only(theirs, "INVALID_GRAPHQL") and "@oneOf" in sdls,
    ),
    Explanation(
        "deprecation of implementations",
        "GraphQL now wants the fields of an interface deprecated before those of its implementations.",
        lambda ours, theirs, sdls: any("must not be deprecated" in message for message in ours.messages),
    ),
    Explanation(
        "labels that cannot be",
        'The oracle does not look at a label that is "", or on a takeover from a subgraph that there is not.',
        lambda ours, theirs, sdls: _only(ours, "OVERRIDE_LABEL_INVALID") and _composes(theirs),
    ),
    Explanation(
        "labels and requirements",
        "A key or a requirement with a field that is one subgraph's or another's by a label can be had either way: the"
        " scenario `quays` is answered under every set of labels. The oracle looks at one way at a time.",
        lambda ours, theirs, sdls: _composes(ours) and _only(theirs, "SATISFIABILITY_ERROR") and "label:" in sdls,
    ),
    Explanation(
        "requirements that can be had",
        "The oracle reports requirements below which a field takes arguments; these random graphs are also executed by"
        " `make random-graphs`, where the fields are answered as by one schema.",
        lambda ours, theirs, sdls: (
            _composes(ours)
            and _only(theirs, "SATISFIABILITY_ERROR")
            and all("cannot satisfy @require conditions" in message for message in theirs.messages)
        ),
    ),
)
