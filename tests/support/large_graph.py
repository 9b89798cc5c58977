"""A large graph without meaning: many subgraphs, many entities, for measuring composition and planning.

Entity number k belongs to subgraph k modulo their number, which has its root field `e<k>`, its `name` and the next
entity. `EXTENSIONS` further subgraphs add a field each. Every subgraph shares a value type and an enum, has an
interface of its own entities, and names the next ones by stubs. So each entity of an operation costs a fetch for each
extension, and one more for its name unless its own subgraph is where it was found.
"""

from __future__ import annotations

from gateway.federation.compose import SubgraphSchema

EXTENSIONS = 3
_FETCHES_BELOW = EXTENSIONS + 1
"""Fetches that an entity costs which was found by another's `next`: its own subgraph, and the extensions."""
_STRIDE = 7
"""Between the root entities of an operation: more than its depth, and no divisor of the numbers in use."""
_HEAD = """\
extend schema
  @link(
    url: "https://specs.apollo.dev/federation/v2.7"
    import: ["@key", "@shareable", "@external", "@requires"]
  )
enum Currency { EUR USD GBP }
type Money @shareable { amount: Int! currency: Currency! }
input Page { first: Int = 10, after: ID }
"""


def large_graph(subgraphs: int = 100, entities: int = 1000) -> list[SubgraphSchema]:
    """Named g000, g001 and so on; each with entities / subgraphs entities of its own."""
    return [SubgraphSchema(_name(index), _sdl(index, subgraphs, entities)) for index in range(subgraphs)]


def large_operation(fetches: int = 1000, *, subgraphs: int = 100, entities: int = 1000, depth: int = 3) -> str:
    """A query that takes about this many fetches: so many root entities, each with the next ones down to this depth.

    For 1,000 fetches it has 83 root fields, more than are allowed by default; other limits it keeps.
    """
    each = EXTENSIONS + (depth - 1) * _FETCHES_BELOW
    chains = fetches // (each + 1) if fetches <= subgraphs * (each + 1) else (fetches - subgraphs) // each
    numbers = (index * _STRIDE % entities for index in range(min(chains, entities)))
    roots = (f"e{number} {_selection(number, depth, subgraphs, entities)}" for number in numbers)
    return "{\n  " + "\n  ".join(roots) + "\n}"


def _name(index: int) -> str:
    return f"g{index:03}"


def _extenders(number: int, subgraphs: int) -> list[int]:
    """The subgraphs that add a field to an entity: far from each other, none twice, not its own."""
    own = number % subgraphs
    found = dict.fromkeys((own + 1 + (number // subgraphs) + step * 31) % subgraphs for step in range(EXTENSIONS))
    return [index for index in found if index != own]


def _selection(number: int, depth: int, subgraphs: int, entities: int) -> str:
    parts = ["name", *(f"x{index}" for index in _extenders(number, subgraphs))]
    if depth > 1:
        parts.append(f"next {_selection((number + 1) % entities, depth - 1, subgraphs, entities)}")
    return "{ " + " ".join(parts) + " }"


def _sdl(index: int, subgraphs: int, entities: int) -> str:
    own = range(index, entities, subgraphs)
    following = {(number + 1) % entities for number in own}
    extended = {number for number in range(entities) if index in _extenders(number, subgraphs)}
    parts = [_HEAD, f"interface Kind{index} {{ id: ID! name(upper: Boolean = false): String }}"]
    roots = [f'  e{number}(id: ID = "1"): E{number}' for number in own]
    parts.append("\n".join(["type Query {", *roots, f"  all{index}(page: Page): [Kind{index}!]!", "}"]))
    parts.extend(_own_entity(number, index, entities) for number in own)
    parts.extend(_extension(number, index) for number in sorted(extended))
    stubs = sorted(following - extended - set(own))
    parts.extend(f'type E{number} @key(fields: "id", resolvable: false) {{ id: ID! }}' for number in stubs)
    return "\n".join(parts) + "\n"


def _own_entity(number: int, index: int, entities: int) -> str:
    return f"""\
type E{number} implements Kind{index} @key(fields: "id") {{
  id: ID!
  name(upper: Boolean = false): String
  weight: Int
  price: Money
  next: E{(number + 1) % entities}
}}"""


def _extension(number: int, index: int) -> str:
    """Every fourth needs a field of the entity's own subgraph."""
    requires = ' @requires(fields: "weight")' if number % 4 == 0 else ""
    weight = "  weight: Int @external\n" if requires else ""
    return f"""\
type E{number} @key(fields: "id") {{
  id: ID!
{weight}  x{index}(page: Page): String{requires}
}}"""
