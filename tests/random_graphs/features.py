"""What a search went through: how many graphs and cases had each feature. One that hardly occurred was not tested."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.random_graphs.example import Example
from tests.random_graphs.questions import Question
from tests.support.gateway import Answer
from tests.support.scenario import FEDERATION_2

# Feature -> pattern in the subgraphs' SDL.
GRAPH_FEATURES = {
    "simple keys": r'@key\(fields: "id"',
    "composite keys": r'@key\(fields: "(left right|id left)"',
    "nested keys": r'@key\(fields: "(spot|boss|peers) \{',
    "nested keys in another entity": r'@key\(fields: "boss \{',
    "keys in lists": r'@key\(fields: "peers \{',
    "stubs": r"resolvable: false",
    "shareable fields": r"@shareable",
    "shareable value objects": r": \[?V\S* @shareable",
    "stricter types in one subgraph": r"\bf\d\S*: (?:Int|String|EnumOut|\[[^ ]*\])! @shareable",
    "requirements": r"@requires",
    "requirements with arguments": r'@requires\(fields: "[^"]*\(',
    "requirements with inline fragments": r'@requires\(fields: "[^"]*\.\.\. on',
    "requirements on computed fields": r'@requires\(fields: "[^"]*\bc\d',
    "computed fields with arguments": r"\bc\d\(",
    "provided fields": r"@provides",
    "provided fields below fragments": r'@provides\(fields: "[^"]*\.\.\. on',
    "overrides": r"@override",
    "overrides under a label": r"@override\([^)]*label:",
    "lookups": r"@lookup",
    "interfaces": r"interface N\b",
    "unions": r"union U\b",
    "interface objects": r"@interfaceObject",
    "requirements of interface objects": r"\bk\d\S* [^\n]*@requires",
    "hidden arguments": r"veiled: Int @inaccessible",
    "hidden fields": r": \S+ [^{},]*@inaccessible",
    "enums": r"enum EnumOut",
    "enums in arguments": r"\(.*EnumIn",
    "inputs": r"input Given",
    "mutations": r"type Mutation",
    "objects that one subgraph loses": r"type Fragile",
}
# Feature -> pattern in the requests that one question caused.
CASE_FEATURES = {
    "jumps": r"_entities",
    "computed fields asked": r"\b[ck]\d\b",
    "fragments in requests": r"\.\.\. on [TFNUW].*\.\.\. on [TFNUW]",
    "variables in requests": r"\$v\d",
    "arguments": r"\(n: |\(e: |\(i: |\(l: ",
    "interface objects entered": r"\.\.\. on Face",
    "fields of an interface asked": r"\bn\d\b",
    "lookups asked": r"\bl\d\(id:",
}
OTHER_FEATURES = ("several objects in one request", "labels on", "unknown entities", "failing fields")
ENOUGH = 0.04
"""The least share of graphs or cases that must have a feature. Asked of searches that are large enough to tell."""
LARGE = 300
"""Graphs in such a search."""


@dataclass(slots=True)
class Searched:
    """Counts of a search. requests: of all subgraphs, of one run of each case."""

    cases: int = 0
    graphs: int = 0
    requests: int = 0
    graphs_with: Counter[str] = field(default_factory=Counter[str])
    cases_with: Counter[str] = field(default_factory=Counter[str])

    def count_graph(self, example: Example) -> None:
        self.graphs += 1
        text = "\n".join(sdl.removeprefix(FEDERATION_2) for sdl in example.scenario.subgraphs.values())
        self.graphs_with.update(name for name, pattern in GRAPH_FEATURES.items() if re.search(pattern, text))
        found = {"unknown entities": example.data.unknown, "failing fields": example.data.failing}
        self.graphs_with.update(name for name, value in found.items() if value)

    def count_case(self, question: Question, answer: Answer) -> None:
        self.cases += 1
        requests = [request for fake in answer.fakes.values() for request in fake.requests]
        self.requests += len(requests)
        text = "\n".join(request.document for request in requests)
        self.cases_with.update(name for name, pattern in CASE_FEATURES.items() if re.search(pattern, text))
        if any(len(request.representations) > 1 for request in requests):
            self.cases_with["several objects in one request"] += 1
        self.cases_with["labels on"] += bool(question.labels)

    def add(self, other: Searched) -> None:
        """Count the other's as well."""
        self.cases += other.cases
        self.graphs += other.graphs
        self.requests += other.requests
        self.graphs_with += other.graphs_with
        self.cases_with += other.cases_with

    def rare(self) -> list[str]:
        """Features that occurred too rarely to say that they were tried; in a small search, those that never did."""
        enough = ENOUGH if self.graphs >= LARGE else 0
        return [name for name, found, total, _ in self._shares() if found <= enough * total]

    def _shares(self) -> Iterator[tuple[str, int, int, str]]:
        """Feature, how many have it, of how many, of what."""
        for name in (*GRAPH_FEATURES, *OTHER_FEATURES[2:]):
            yield name, self.graphs_with[name], self.graphs, "graphs"
        for name in (*CASE_FEATURES, *OTHER_FEATURES[:2]):
            yield name, self.cases_with[name], self.cases, "cases"

    def table(self) -> str:
        """Each feature with its share of the graphs or of the cases."""
        return "\n".join(
            f"  {name:38} {found:6} {what} {found / max(total, 1):4.0%}" for name, found, total, what in self._shares()
        )

    def __str__(self) -> str:
        return f"{self.cases} cases on {self.graphs} graphs, {self.requests} requests"
