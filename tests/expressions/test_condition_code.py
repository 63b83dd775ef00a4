"""The generated code: what it may reach, and that loading the language stays light."""

import ast
import builtins
import subprocess
import sys

from guerdon.expressions import Condition, Declarations, Derived, Type, Unknown, compile_condition
from guerdon.expressions.check import check_condition
from guerdon.expressions.grammar import parse_condition
from guerdon.expressions.mistakes import Mistake
from guerdon.expressions.python_code import python_tree
from guerdon.expressions.terms import Term

FIELDS = Declarations(
    {"event": {"deposit": Type.INT, "__class__": Type.STRING, "happened_at": Type.TIMESTAMP}, "member": {}},
    events={"__init__.__call__": {"__dict__": Type.INT}},
    holdings={"__import__": {"__class__": Type.STRING}},
    derived={"__doc__": Derived("event.happened_at.getHours() + 1", Type.INT)},
)


def term(text: str) -> Term:
    tree = parse_condition(text)
    assert not isinstance(tree, Mistake)
    checked = check_condition(tree, FIELDS)
    assert not isinstance(checked, list)
    return checked


def test_a_comparison_is_one_look_up_and_one_native_comparison() -> None:
    module, _ = python_tree(term("event.deposit > 5"))
    assert ast.unparse(module.body[0]).splitlines()[1].strip() == (
        "return (value if (value := event['deposit']) is not None else missing()) > 5"
    )


def test_names_of_authors_only_ever_become_texts_in_the_code() -> None:
    everything = (
        "event.__class__ == '__import__' && has(event.__class__) && event.__class__.startsWith('x') && "
        "event.happened_at < timestamp('2026-01-01T00:00:00Z') && "
        "size(event.__class__) / -event.deposit in [1] && count(__init__.__call__, '1d') + "
        "sum(__init__.__call__.__dict__, 'ever') > 1 % 2 && has(member.__doc__) && "
        "holds(__import__, __import__.__class__ + 'exec' == 'eval') && !holds(__import__) && "
        "between(days_since(event.happened_at), 1, rate(1, '2', 'down')) && member.__doc__ == 1 && "
        "(event.happened_at - event.happened_at + duration('1s')).getHours() == 1 ? true : false"
    )
    module, names = python_tree(term(everything))
    reached = {node.id for node in ast.walk(module) if isinstance(node, ast.Name)}
    attributes = {node.attr for node in ast.walk(module) if isinstance(node, ast.Attribute)}
    assert reached <= names.keys() | {"event", "member", "item", "value"}
    assert attributes == {"get", "startswith"}
    assert names["__builtins__"] == {}
    assert not reached & set(dir(builtins))


def test_the_deepest_that_is_taken_can_be_compiled_and_computed() -> None:
    inner = "event.x" + " % 7" * 29
    declared = Declarations(
        {"event": {}, "member": {"x": Type.INT}},
        derived={"a": Derived(inner.replace("event", "member"), Type.INT)},
    )
    found = compile_condition(f"member.a{' + 1' * 29} > 3", declared)
    assert isinstance(found, Condition)
    assert found({}, {"x": 5}) is True
    assert isinstance(found({}, {}), Unknown)


def test_the_evaluator_of_the_grammar_s_package_is_never_loaded() -> None:
    script = (
        "import sys\n"
        "from guerdon.expressions import Declarations, compile_condition\n"
        "compile_condition('1 < 2', Declarations({}))\n"
        "assert 'lark' in sys.modules and 'celpy' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, env={"PYTHONPATH": ":".join(sys.path)})
