"""Attacks by the text of a query, over the shop's graph."""

from __future__ import annotations

from graphql import get_introspection_query

from tests.hostile.attacks.attack import Attack, document


def nest(opening: str, times: int, closing: str = "}", core: str = "") -> str:
    """`opening` so many times, then the core, then as many closings."""
    return opening * times + core + closing * times


def laughs(levels: int, spreads: str, last: str = "id") -> str:
    """Fragments on Order that each stand for several of the next. spreads: with `%d` for the next one's number."""
    chain = "".join(f"fragment f{i} on Order {{ {spreads.replace('%d', str(i + 1))} }} " for i in range(levels))
    return f'{{ order(id: "o-0000001") {{ ...f0 }} }} {chain} fragment f{levels} on Order {{ {last} }}'


def aliases(count: int, field: str = "__typename") -> str:
    return "{ " + " ".join(f"a{i}: {field}" for i in range(count)) + " }"


_FLOODS = (
    document("alias flood", "10,000 answers for one request", aliases(10_000)),
    document("alias flood of a list", "the same list 300 times", aliases(300, "orders { id }")),
    document(
        "alias flood in an object",
        "30 products a row, by aliases below a list",
        "{ orders(first: 200) { items { " + " ".join(f"p{i}: product {{ id }}" for i in range(30)) + " } } }",
    ),
    document(
        "root field flood",
        "5,000 lists, each a call",
        "{ " + " ".join(f"o{i}: orders(first: {i}) {{ id }}" for i in range(5000)) + " }",
    ),
    document("field flood", "one field 20,000 times, quadratic when compared pairwise", "{ " + "id " * 20_000 + "}"),
    document(
        "unknown directives", "10,000 directives on one field, each an error", "{ __typename " + "@a " * 10_000 + "}"
    ),
    document("include flood", "5,000 conditions on one field", "{ __typename " + "@include(if: true) " * 5000 + "}"),
    document(
        "skip by variables",
        "a plan for each of 2^40 combinations",
        "query ("
        + " ".join(f"$v{i}: Boolean!" for i in range(40))
        + ") { "
        + " ".join(f'a{i}: order(id: "o-{i}") @skip(if: $v{i}) {{ id }}' for i in range(40))
        + " }",
        {f"v{i}": False for i in range(40)},
    ),
    document("directives on an operation", "where nobody counts them", "query " + "@x " * 3000 + "{ __typename }"),
    document(
        "directives on variables",
        "where nobody counts them, either",
        "query (" + " ".join(f"$v{i}: Int @x" for i in range(1000)) + ") { __typename }",
    ),
    document("comment flood", "100,000 comments, which are no tokens", "# x\n" * 100_000 + "{ __typename }"),
    document("one long comment", "900 kB that say nothing", "#" + "x" * 900_000 + "\n{ __typename }"),
    document("comma flood", "900,000 commas, which are white space", "," * 900_000 + "{ __typename }"),
    document(
        "operation flood",
        "1,000 operations to validate for one that runs",
        " ".join(f"query q{i} {{ __typename }}" for i in range(1000)),
        operationName="q0",
    ),
    document("one name for all operations", "which one is meant?", "query q { __typename } " * 500, operationName="q"),
    document(
        "unused fragments",
        "1,000 definitions that nothing spreads",
        "{ __typename } " + " ".join(f"fragment f{i} on Order {{ id }}" for i in range(1000)),
    ),
    document(
        "unused variables",
        "1,000 definitions that nothing uses",
        "query (" + " ".join(f"$v{i}: Int" for i in range(1000)) + ") { __typename }",
    ),
    document(
        "one variable a thousand times", "duplicates to report", "query (" + "$v: Int " * 1000 + ") { __typename }"
    ),
    document(
        "misspelled fields",
        "600 errors, each with suggestions to search for",
        "{ " + " ".join(f"order{i}s" for i in range(600)) + " }",
    ),
    document(
        "misspelled arguments",
        "suggestions for arguments",
        "{ orders(" + " ".join(f"firs{i}: 1" for i in range(600)) + ") { id } }",
    ),
)

_FRAGMENTS = (
    document("laughs", "2^30 selections in a kilobyte", laughs(30, "...f%d ...f%d")),
    document("laughs ten wide", "10^20 selections", laughs(20, "...f%d " * 10)),
    document(
        "laughs in fields",
        "2^11 objects, one below the other",
        laughs(11, "a: customer { recentOrders(first: 1) { ...f%d } } b: customer { id }"),
    ),
    document(
        "laughs in inline fragments", "the same without names", laughs(40, "... on Order { ...f%d } ... { ...f%d }")
    ),
    document("laughs with directives", "directives multiply, too", laughs(25, "...f%d @include(if: true) ...f%d")),
    document(
        "laughs in ever new mixtures",
        "joined selections that no cache has seen: a subset construction",
        "{ orders { ...f0 } } "
        + " ".join(
            f"fragment f{i} on Order {{ a{i}: customer {{ recentOrders {{ ...f{i + 1} ...g{i} }} }} ...f{i + 1} }} "
            f"fragment g{i} on Order {{ b{i}: customer {{ id }} }}"
            for i in range(12)
        )
        + " fragment f12 on Order { id }",
    ),
    document("circle of one", "no end", "{ orders { ...f } } fragment f on Order { ...f }"),
    document(
        "circle of 500",
        "no end, found late",
        "{ orders { ...f0 } } " + " ".join(f"fragment f{i} on Order {{ ...f{(i + 1) % 500} }}" for i in range(500)),
    ),
    document(
        "circle through fields",
        "an endless answer",
        "{ orders { ...f } } fragment f on Order { customer { recentOrders { ...f } } }",
    ),
    document(
        "fragments in a long row",
        "500 spreads deep, for whoever recurses",
        "{ orders { ...f0 } } "
        + " ".join(f"fragment f{i} on Order {{ ...f{i + 1} }}" for i in range(450))
        + " fragment f450 on Order { id }",
    ),
    document(
        "fragment on an unknown type",
        "a crash in the planner",
        "{ ... on Nope { id } orders { ... on Product { id } } }",
    ),
    document("overlapping fields", "4,000 equal fields to compare, 43 kB", "{ " + "orders { id } " * 4000 + "}"),
    document(
        "overlapping fields that conflict",
        "a million pairs, each an error",
        "{ orders { " + " ".join(f"x: {('id', 'status')[i % 2]}" for i in range(1000)) + " } }",
    ),
    document(
        "overlapping fragments",
        "300 fragments, compared pair by pair",
        "{ orders { "
        + " ".join(f"...f{i}" for i in range(150))
        + " } } "
        + " ".join(f"fragment f{i} on Order {{ customer {{ id }} }}" for i in range(150)),
    ),
    document(
        "overlap in depth",
        "the same field at every depth, twice",
        "{ orders "
        + nest("{ customer { recentOrders ", 6, " } }", "{ id }")
        + " orders "
        + nest("{ customer { recentOrders ", 6, " } }", "{ id }")
        + " }",
    ),
)

_DEPTH = (
    document("deep selections", "10,000 levels, for a stack", nest("{a", 10_000)),
    document("deep and unclosed", "the same without an end", "{a" * 50_000),
    document(
        "deep circle of the schema",
        "50 objects in each other",
        "{ orders " + nest("{ customer { recentOrders ", 50, " } }", "{ id }") + " }",
    ),
    document(
        "deep inline fragments", "5,000 levels that are no fields", "{" + nest("...{", 5000, "}", "__typename") + "}"
    ),
    document("deep list literal", "50,000 brackets", "{ order(id: " + nest("[", 50_000, "]") + ") { id } }"),
    document("deep object literal", "20,000 braces", "{ order(id: " + nest("{a:", 20_000, "}", "1") + ") { id } }"),
    document("deep type", "a list of lists of lists", "query ($v: " + nest("[", 900, "]", "Int") + ") { __typename }"),
    document(
        "deep introspection",
        "100 types of types",
        "{ __schema { types " + nest("{ ofType ", 100, "}", "{ name }") + " } }",
    ),
)

_ORDER = "id total customer { name } items { quantity product { name } }"

_VALUES = (
    document("string of 900 kB", "a copy at every stage", '{ order(id: "' + "x" * 900_000 + '") { id } }'),
    document("block string of 900 kB", "lines to unindent", '{ order(id: """' + "\n  x" * 225_000 + '""") { id } }'),
    document("block strings without end", "each looks for its end", '"""' * 9001),
    document("integer of 5,000 digits", "Python refuses to convert it", "{ orders(first: " + "9" * 5000 + ") { id } }"),
    document("integer of 900,000 digits", "quadratic conversion", "{ orders(first: " + "9" * 900_000 + ") { id } }"),
    document("float beyond all", "infinity", "{ orders(first: 1e999999999) { id } }"),
    document(
        "integers at the edges",
        "overflow",
        "{ a: orders(first: 2147483648) { id } b: orders(first: -2147483649) { id } c: orders(first: -0) { id } }",
    ),
    document(
        "no rows, fewer rows", "zero and negative pages", "{ a: orders(first: 0) { id } b: orders(first: -1) { id } }"
    ),
    document("long name", "500 kB field name", "{ " + "x" * 500_000 + " }"),
    document("long alias", "900 kB alias", "{ " + "x" * 900_000 + ": __typename }"),
    document("long operation name", "900 kB in a log line", "query " + "x" * 900_000 + " { __typename }"),
    document("enum of 900 kB", "echoed in the error", "{ orders(status: " + "X" * 900_000 + ") { id } }"),
    document("argument 500 times", "a list of duplicates", "{ orders(" + "first: 1 " * 500 + ") { id } }"),
    document(
        "page cubed",
        "8 million objects in 100 bytes",
        "{ customers(first: 200) { recentOrders(first: 200) { items { product { reviews(first: 200) { id } } } } } }",
    ),
    document("page squared", "40,000 orders", "{ customers(first: 200) { recentOrders(first: 200) { id } } }"),
    document(
        "page by variable",
        "a hundred thousand rows that no text shows",
        "query ($n: Int!) { customers(first: $n) { recentOrders(first: $n) { id } } }",
        {"n": 100_000},
    ),
    document(
        "page by default",
        "the same as the operation's default",
        "query ($n: Int! = 2147483647) { customers(first: $n) { recentOrders(first: $n) { id } } }",
    ),
    document(
        "as dear as is allowed",
        "9,600 objects from four services",
        "{ " + " ".join(f"a{rows}: orders(first: {rows}) {{ {_ORDER} }}" for rows in (200, 199, 198, 197)) + " }",
    ),
    document(
        "as wide as is allowed",
        "9,600 orders of 200 customers",
        "{ customers(first: 200) { name recentOrders(first: 48) { id total status } } }",
    ),
    document(
        "most that a page allows",
        "the dearest single list",
        "{ orders(first: 200) { id customer { id } items { product { id } } } }",
    ),
)

_LONG = (
    document("list literal", "45,000 values in the text", "{ orders(first: [" + "1 " * 45_000 + "]) { id } }"),
    document(
        "object literal",
        "9,000 members in the text",
        "{ orders(first: {" + " ".join(f"a{i}: 1" for i in range(9000)) + "}) { id } }",
    ),
    document(
        "variable definitions",
        "6,000 in 90 kB",
        "query (" + " ".join(f"$v{i}: Int" for i in range(6000)) + ") { __typename }",
    ),
    document("short comments", "45,000 in 90 kB", "#\n" * 45_000 + "{ __typename }"),
)

_NAMES = (
    document("names of JavaScript", "prototype pollution", "{ __proto__ constructor hasOwnProperty: __typename }"),
    document("names of Python", "attributes of objects", "{ __class__ __init__ __globals__: __typename }"),
    document(
        "SQL in an id",
        "an injection into a service's database",
        "{ order(id: \"x' OR '1'='1'; DROP TABLE orders;--\") { id } }",
    ),
    document(
        "templates in an id",
        "an injection into a log or page",
        '{ order(id: "{{7*7}} ${jndi:ldap://x} <%= 1 %> %s%n") { id } }',
    ),
    document(
        "URL in an id",
        "another path at the service",
        '{ order(id: "../../healthz?x=1&y=2#z") { id } customer(id: "c/%2e%2e/..;/") { id } }',
    ),
    document(
        "header in an id",
        "a second header towards the service",
        '{ order(id: "x\\r\\nX-Evil: 1\\r\\n\\r\\nGET / HTTP/1.1") { id } }',
    ),
    document("comma in an id", "several keys for one", '{ order(id: "o-0000001,o-0000002,,,") { id } }'),
    document("empty id", "everything, or nothing", '{ order(id: "") { id } }'),
    document("markup in a field", "a script in the error page", "{ <script>alert(1)</script> }"),
)

_UNICODE = (
    document("byte order marks", "where none belongs", "\ufeff{ \ufeff__typename }"),
    document("right to left", "a text that reads otherwise", "{ \u202e__typename\u202c }"),
    document("zero width", "a name that looks like another", "{ __type\u200bname }"),
    document("letters from elsewhere", "homoglyphs and emoji as names", "{ \u043erders \U0001f600 }"),
    document(
        "escapes beyond Unicode", "code points that there are not", '{ order(id: "\\u{FFFFFFFF} \\u{110000}") { id } }'
    ),
    document("half a surrogate", "text that cannot be encoded", '{ order(id: "\\uD800") { id } }'),
    document("half a surrogate in JSON", "the same one level further out", '{ order(id: "\ud800") { id } }'),
    document("NUL", "an end of text for C", '{ \x00__typename order(id: "\x00") { id } }'),
    document("control characters", "escapes for a terminal that shows the log", "{ \x1b[2J\x07 }"),
    document("combining marks", "100,000 accents on one letter", '{ order(id: "a' + "\u0301" * 100_000 + '") { id } }'),
)

_KINDS = (
    document("introspection", "the whole schema", get_introspection_query()),
    document(
        "introspection 30 times",
        "the whole schema, by aliases",
        "{ "
        + " ".join(f"a{i}: __schema {{ types {{ fields {{ name type {{ name }} }} }} }}" for i in range(30))
        + " }",
    ),
    document(
        "introspection in a circle",
        "types of fields of types",
        "{ __schema { types " + nest("{ fields { type ", 4, "} }", "{ name }") + " } }",
    ),
    document(
        "introspection of everything",
        "each type with each field, four types deep",
        "{ __schema { types { fields { args { type { ofType { ofType { fields { name } } } } } } } } }",
    ),
    document(
        "type by 500 names",
        "a look-up each",
        "{ " + " ".join(f'a{i}: __type(name: "T{i}") {{ name }}' for i in range(500)) + " }",
    ),
    document("subscription", "what is not supported", "subscription { orders { id } }"),
    document(
        "schema as a query", "definitions where none belong", "type Query { a: Int } extend type Order { b: Int }"
    ),
    document(
        "mutations in a row",
        "19 commands in one request",
        "mutation { " + " ".join(f'm{i}: cancelOrder(id: "x{i}") {{ id }}' for i in range(19)) + " }",
    ),
    document(
        "mutation without effect",
        "a command to nothing",
        'mutation { placeOrder(input: {customerId: "x", items: []}) { id } }',
    ),
    document("empty document", "nothing", ""),
    document("white space", "nothing, at length", " \t\n" * 100_000),
    document("only a comment", "nothing, explained", "# nothing"),
    document(
        "entities",
        "the gateway's own key to every object",
        '{ _entities(representations: [{__typename: "Order"}]) { id } _service { sdl } }',
    ),
)

DOCUMENTS: tuple[Attack, ...] = (*_FLOODS, *_FRAGMENTS, *_DEPTH, *_VALUES, *_LONG, *_NAMES, *_UNICODE, *_KINDS)
