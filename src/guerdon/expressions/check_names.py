"""The check of names: fields, the fields of a holding, derived attributes and segments.

A derived attribute or a segment is checked where it is read, and its term stands there; it sees the member,
and of the event only when it happened. A circle is a mistake that names it.
"""

from dataclasses import replace

from guerdon.expressions import syntax
from guerdon.expressions.declarations import Declarations, Derived, Type
from guerdon.expressions.grammar import parse_condition
from guerdon.expressions.mistakes import Mistake
from guerdon.expressions.syntax import Node
from guerdon.expressions.terms import Broken, Fact, ItemField, Known, Present, Term, size_of
from guerdon.expressions.walking import Walk
from guerdon.values.problems import did_you_mean

INLINED_DEEP_MAX = 8
PARTS_MAX = 1000
DEPTH_MAX = 64


class NameCheck(Walk):
    """Finds what a name stands for."""

    def name(self, node: Node, name: str) -> Term:
        """A name by itself is never a value."""
        variables = self.variables()
        if name in variables:
            return self.refuse(node, f"{name} is no value by itself", f"name one of its fields: {name}.field")
        owners = [f"{variable}.{name}" for variable, fields in variables.items() if name in fields]
        hint = f"did you mean {' or '.join(owners)}?" if owners else "a field is event.name or member.name"
        return self.refuse(node, f"unknown name {name}", hint)

    def variables(self) -> dict[str, dict[str, Type]]:
        """All fields that can be read here, by variable."""
        known = {name: dict(fields) for name, fields in {**self.declarations.variables, **self.items}.items()}
        derived = {name: each.type for name, each in self.declarations.derived.items()}
        return {**known, "member": {**known.get("member", {}), **derived}} if derived else known

    def fact(self, node: syntax.Select) -> Term:
        """A field, or what a derived attribute is made of."""
        if not isinstance(node.owner, syntax.Name):
            if not isinstance(node.owner, syntax.Select | syntax.Literal):
                self.term(node.owner)
            return self.refuse(node, f".{node.name} after a value is not taken", "fields have no fields")
        variable, variables = node.owner.name, self.variables()
        fields = variables.get(variable)
        if fields is None:
            if variable in self.declarations.holdings:
                hint = f"write holds({variable}, {variable}.{node.name} == ...)"
                return self.refuse(node, f"{variable} is known only within holds()", hint)
            return self.refuse(node, f"unknown name {variable}", did_you_mean(variable, variables))
        if node.name in fields:
            derived = self.declarations.derived.get(node.name) if variable == "member" else None
            if derived is not None:
                return self.inline(node, f"member.{node.name}", derived)
            kind = ItemField if variable in self.items else Fact
            return kind(variable, node.name, fields[node.name])
        elsewhere = [each for each, names in variables.items() if node.name in names]
        hint = f"did you mean {elsewhere[0]}.{node.name}?" if elsewhere else did_you_mean(node.name, fields)
        return self.refuse(node, f"unknown field {variable}.{node.name}", hint)

    def present(self, node: Node) -> Term:
        """What `has` asks."""
        if not isinstance(node, syntax.Select):
            return self.refuse(node, "has() takes one field", "write has(event.x)", Type.BOOL)
        fact = self.fact(node)
        if isinstance(fact, Broken):
            return Broken(Type.BOOL)
        owner = node.owner.name if isinstance(node.owner, syntax.Name) else ""
        derived = owner == "member" and node.name in self.declarations.derived
        return Present(fact) if isinstance(fact, Fact | ItemField) and not derived else Known(fact)

    def segment(self, node: Node) -> Term:
        """What `segment(loyal)` stands for."""
        segments = self.declarations.segments
        if not isinstance(node, syntax.Name):
            return self.refuse(node, "segment() takes a name", "write segment(loyal)", Type.BOOL)
        if node.name not in segments:
            hint = did_you_mean(node.name, segments)
            return self.refuse(node, f"unknown segment {node.name}", hint, Type.BOOL)
        return self.inline(node, f"segment({node.name})", Derived(segments[node.name], Type.BOOL))

    def inline(self, node: Node, name: str, derived: Derived) -> Term:
        """Put the term of another text here, checked once however often it is read."""
        path, done = self.inlined.path, self.inlined.done
        if name in path:
            circle = " → ".join([*path[path.index(name) :], name])
            return self.refuse(
                node, f"{name} needs itself: {circle}", "take one out of the circle", derived.type
            )
        if len(path) >= INLINED_DEEP_MAX:
            hint = f"at most {INLINED_DEEP_MAX}; write its condition here"
            return self.refuse(node, f"{name} lies too deep within others", hint, derived.type)
        if name not in done:
            path.append(name)
            done[name] = self._read(node, name, derived)
            path.pop()
        term = done[name]
        return Broken(derived.type) if isinstance(term, Broken) else term

    def _read(self, node: Node, name: str, derived: Derived) -> Term:
        tree = parse_condition(derived.text)
        if isinstance(tree, Mistake):
            return self._refuse_inside(node, name, tree, derived.type)
        walk = self.anew(_without_the_event(self.declarations))
        term = walk.expect(tree, derived.type, f"{name} is")
        if walk.mistakes:
            circles = [each for each in walk.mistakes if " needs itself: " in each.what]
            if circles:
                self.mistakes.append(Mistake(node.at + 1, circles[0].what, circles[0].hint))
                return Broken(derived.type)
            return self._refuse_inside(node, name, walk.mistakes[0], derived.type)
        too_large = measure(term, self.inlined.sizes)
        return self._refuse_inside(node, name, too_large, derived.type) if too_large else term

    def _refuse_inside(self, node: Node, name: str, mistake: Mistake, meant: Type) -> Broken:
        return self.refuse(node, f"in {name}: {mistake.what}", mistake.hint, meant)


def measure(term: Term, sizes: dict[int, tuple[int, int]]) -> Mistake | None:
    """Refuse what is too large once derived attributes and segments stand where they are read."""
    parts, depth = size_of(term, sizes)
    if parts > PARTS_MAX:
        return Mistake(
            None,
            f"more than {PARTS_MAX} parts, with those of derived attributes and segments",
            "split it, or make them simpler",
        )
    if depth > DEPTH_MAX:
        return Mistake(
            None,
            f"nested more than {DEPTH_MAX} deep, with derived attributes and segments",
            "make them simpler",
        )
    return None


def _without_the_event(declarations: Declarations) -> Declarations:
    """What holds of a member holds at any moment: nothing of the event is known but the moment."""
    event = declarations.variables.get("event", {})
    moment = {name: kind for name, kind in event.items() if name == "happened_at"}
    return replace(declarations, variables={**declarations.variables, "event": moment})
