"""The generated code: what it may reach, and that loading the language stays light."""

import ast
import builtins
import subprocess
import sys

from guerdon.expressions import Declarations, Type
from guerdon.expressions.check import check_condition
from guerdon.expressions.grammar import parse_condition
from guerdon.expressions.mistakes import Mistake
from guerdon.expressions.python_code import python_tree
from guerdon.expressions.terms import Term

FIELDS = Declarations({"event": {"deposit": Type.INT, "__class__": Type.STRING, "at": Type.TIMESTAMP}})


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
        "event.at < timestamp('2026-01-01T00:00:00Z') && size(event.__class__) / -event.deposit in [1 % 2]"
    )
    module, names = python_tree(term(everything))
    reached = {node.id for node in ast.walk(module) if isinstance(node, ast.Name)}
    attributes = {node.attr for node in ast.walk(module) if isinstance(node, ast.Attribute)}
    assert reached <= names.keys() | {"event", "value"}
    assert attributes == {"get", "startswith"}
    assert names["__builtins__"] == {}
    assert not reached & set(dir(builtins))


def test_the_evaluator_of_the_grammar_s_package_is_never_loaded() -> None:
    script = (
        "import sys\n"
        "from guerdon.expressions import Declarations, compile_condition\n"
        "compile_condition('1 < 2', Declarations({}))\n"
        "assert 'lark' in sys.modules and 'celpy' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, env={"PYTHONPATH": ":".join(sys.path)})
