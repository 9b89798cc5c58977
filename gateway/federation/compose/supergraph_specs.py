"""The specifications a supergraph links, and their definitions: link v1.0, join v0.5, and those linked when used."""

from __future__ import annotations

from dataclasses import dataclass

JOIN_DEFINITIONS = """\
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA

directive @join__graph(name: String!, url: String!) on ENUM_VALUE

directive @join__type(
  graph: join__Graph!
  key: join__FieldSet
  extension: Boolean! = false
  resolvable: Boolean! = true
  isInterfaceObject: Boolean! = false
) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR

directive @join__field(
  graph: join__Graph
  requires: join__FieldSet
  provides: join__FieldSet
  type: String
  external: Boolean
  override: String
  usedOverridden: Boolean
  overrideLabel: String
  contextArguments: [join__ContextArgument!]
) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION

directive @join__implements(graph: join__Graph!, interface: String!) repeatable on OBJECT | INTERFACE

directive @join__unionMember(graph: join__Graph!, member: String!) repeatable on UNION

directive @join__enumValue(graph: join__Graph!) repeatable on ENUM_VALUE

directive @join__directive(
  graphs: [join__Graph!]
  name: String!
  args: join__DirectiveArguments
) repeatable on SCHEMA | OBJECT | INTERFACE | FIELD_DEFINITION

input join__ContextArgument {
  name: String!
  type: String!
  context: String!
  selection: join__FieldValue!
}

scalar join__DirectiveArguments

scalar join__FieldSet

scalar join__FieldValue

scalar link__Import

enum link__Purpose {
  SECURITY
  EXECUTION
}"""

_ANYWHERE = (
    "FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE"
    " | INPUT_OBJECT | INPUT_FIELD_DEFINITION"
)


@dataclass(frozen=True, slots=True)
class Spec:
    """A specification: its link as written on `schema`, and the definition of its directives."""

    link: str
    definition: str


_AUTH_PLACES = "FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM"

SPECS = {
    "inaccessible": Spec(
        '@link(url: "https://specs.apollo.dev/inaccessible/v0.2", for: SECURITY)',
        f"directive @inaccessible on {_ANYWHERE}",
    ),
    "tag": Spec(
        '@link(url: "https://specs.apollo.dev/tag/v0.3")',
        f"directive @tag(name: String!) repeatable on {_ANYWHERE} | SCHEMA",
    ),
    "authenticated": Spec(
        '@link(url: "https://specs.apollo.dev/authenticated/v0.1", for: SECURITY)',
        f"directive @authenticated on {_AUTH_PLACES}",
    ),
    "requiresScopes": Spec(
        '@link(url: "https://specs.apollo.dev/requiresScopes/v0.1", for: SECURITY)',
        "scalar requiresScopes__Scope\n\n"
        f"directive @requiresScopes(scopes: [[requiresScopes__Scope!]!]!) on {_AUTH_PLACES}",
    ),
    "policy": Spec(
        '@link(url: "https://specs.apollo.dev/policy/v0.1", for: SECURITY)',
        f"scalar policy__Policy\n\ndirective @policy(policies: [[policy__Policy!]!]!) on {_AUTH_PLACES}",
    ),
    "context": Spec(
        '@link(url: "https://specs.apollo.dev/context/v0.1", for: SECURITY)',
        "directive @context(name: String!) repeatable on INTERFACE | OBJECT | UNION\n\n"
        "directive @context__fromContext(field: context__ContextFieldValue) on ARGUMENT_DEFINITION\n\n"
        "scalar context__ContextFieldValue",
    ),
    "cost": Spec(
        '@link(url: "https://specs.apollo.dev/cost/v0.1", import: ["@listSize"])',
        "directive @cost(weight: Int!) on"
        " ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR\n\n"
        "directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!],"
        " requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION",
    ),
}
"""By specification name, which is also the name of its (first) directive."""

SPEC_OF = {"listSize": "cost"}
"""The specification of a directive that has another name than its specification."""
