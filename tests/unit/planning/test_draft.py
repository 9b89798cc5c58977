"""Selection drafts: adding, absorbing, listing."""

from __future__ import annotations

from gateway.federation.selection import Field
from gateway.planning.draft import SelectionDraft
from tests.unit.planning.drafts import jump, root, select, selections


def shown(draft: SelectionDraft) -> str:
    parts = ["__typename"] if draft.typename else []
    parts += [
        field.key + (f" {{ {shown(field.below)} }}" if field.below is not None else "")
        for field in draft.fields.values()
    ]
    parts += [f"on {'|'.join(sorted(types))} {{ {shown(below)} }}" for types, below in draft.by_type.items()]
    return " ".join(parts)


def test_the_same_key_is_the_same_field():
    draft = SelectionDraft()
    first, second, third = (f for f in selections("x(a: 1) x(a: 1) x(a: 2)") if isinstance(f, Field))
    assert draft.add(first) is draft.add(second)
    assert draft.add(third) is not draft.add(first)
    assert [field.name for field in draft.fields.values()] == ["x", "x"]


def test_objects_have_a_selection_of_their_own_and_leaves_none():
    draft = SelectionDraft()
    leaf, composite = (f for f in selections("x y { z }") if isinstance(f, Field))
    assert draft.add(leaf).below is None
    assert draft.add(composite).below is not None


def test_selections_for_the_same_types_are_the_same():
    draft = SelectionDraft()
    assert draft.on(frozenset({"A", "B"})) is draft.on(frozenset({"B", "A"}))
    assert draft.on(frozenset({"A"})) is not draft.on(frozenset({"A", "B"}))


def test_absorbing_takes_over_everything_at_every_depth():
    draft = select("a b { c } ... on T { d { e } }")
    draft.absorb(select("b { c x } z __typename ... on T { d { y } f } ... on U { g }"))
    assert shown(draft) == "__typename a b { c x } z on T { d { e y } f } on U { g }"


def test_absorbing_nothing_changes_nothing():
    draft = select("__typename a b { c }")
    draft.absorb(SelectionDraft())
    assert shown(draft) == "__typename a b { c }"


def test_every_field_is_listed_at_every_depth():
    draft = select("a b { c { d } } ... on T { e { f } }")
    assert [field.key for field in draft.every_field()] == ["a", "b", "c", "d", "e", "f"]


def test_a_step_awaits_what_it_needs_and_what_it_is_merged_after():
    one, other = root("a"), root("b")
    assert jump("c", "p", [one], merge_after=[other]).awaited == {one, other}
