"""A stored text as people write one: YAML in blocks, from which the very same program is read again."""

import json
from typing import Any

import yaml


class _Plain(yaml.SafeDumper):
    """Every scalar is a text here, so none needs quotes to stay one."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  what is the same twice is written twice
        return True


_Plain.yaml_implicit_resolvers = {}


def as_yaml(stored: str) -> str:
    """A stored text, line by line; what is not written as texts are stored stays as it is."""
    try:
        tree = json.loads(stored)
    except ValueError:
        return stored
    # SafeDumper's own words are typed as any.
    text: str = yaml.dump(tree, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=110, indent=2)
    return text
