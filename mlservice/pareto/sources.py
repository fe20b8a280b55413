"""Which code decides what a method comes to, so that a change of one method makes its own runs obsolete and no others.

A method's code is its entry in the catalogue, and every function, class and constant of `mlservice.pruning` and `mlservice.training` that this
reaches, by the names that they use. Comments, docstrings and layout do not count.
"""

import ast
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import mlservice
from contracts.errors import InputError

_PACKAGE: Final = Path(mlservice.__file__).parent
_CATALOGUE: Final = "mlservice.training.methods.catalogue"
_COUNTED: Final = ("mlservice.pruning", "mlservice.training")
_ALWAYS: Final = (("mlservice.training.trainer", "Trainer"),)
_OF_EXPERT: Final = ("mlservice.pruning.cost", "ExpertLatency")
_OF_PREDICTORS: Final = ("mlservice.pruning.metrics", "costs_of")

Name = tuple[str, str]
"""A module, and what is defined in it."""


def digest_of(method: str, cost: str) -> str:
    """Of the code behind a method, 16 hexadecimal digits.

    Args:
        method: a name of the catalogue.
        cost: who foretells costs; what asks predictors counts where these are asked.

    Raises:
        InputError: there is no such method.
    """
    entry = _entry(method)
    first = {*_leads_to(_module(_CATALOGUE), entry), *_ALWAYS, _OF_EXPERT if cost == "expert" else _OF_PREDICTORS}
    texts = [*map(ast.unparse, entry), *(f"{name}\n{_module(name[0]).texts[name[1]]}" for name in _reached(first))]
    return hashlib.sha256("\n\n".join(texts).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class _Module:
    """What a source defines and imports.

    Attributes:
        name: of it.
        nodes: definitions by name.
        texts: the same as source, without docstrings.
        imports: where names come from that other modules that count define.
    """

    name: str
    nodes: dict[str, ast.stmt]
    texts: dict[str, str]
    imports: dict[str, Name]


def _entry(method: str) -> list[ast.AST]:
    """What the catalogue says of a method, but for the words."""
    table = _module(_CATALOGUE).nodes["METHODS"]
    assert isinstance(table, ast.AnnAssign)
    assert isinstance(table.value, ast.Dict)
    pairs = zip(table.value.keys, table.value.values, strict=True)
    calls = {key.value: value for key, value in pairs if isinstance(key, ast.Constant)}
    if method not in calls:
        raise InputError(f"method is {method!r}; known are {', '.join(map(str, calls))}")
    call = calls[method]
    assert isinstance(call, ast.Call)
    return [*call.args[1:], *call.keywords]


def _reached(first: set[Name]) -> list[Name]:
    """These definitions and all that they lead to, sorted."""
    found: set[Name] = set()
    open_ones = set(first)
    while open_ones:
        name = open_ones.pop()
        module = _module(name[0])
        if name[1] in module.nodes:
            found.add(name)
            open_ones |= _leads_to(module, [module.nodes[name[1]]]) - found
        elif name[1] in module.imports:  # a package hands on what its modules define
            open_ones |= {module.imports[name[1]]} - found
    return sorted(found)


def _leads_to(module: _Module, nodes: list[ast.AST]) -> set[Name]:
    """What these parts of a module name."""
    names = {node.id for part in nodes for node in ast.walk(part) if isinstance(node, ast.Name)}
    own = {(module.name, name) for name in names if name in module.nodes}
    return own | {module.imports[name] for name in names if name in module.imports}


def _module(name: str) -> _Module:
    path = _PACKAGE.joinpath(*name.split(".")[1:])
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return _read(name, path, path.stat().st_mtime_ns)


@cache
def _read(name: str, path: Path, _changed_ns: int) -> _Module:
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            node.body = [each for each in node.body if not _is_text(each)] or [ast.Pass()]
    nodes = {each: statement for statement in tree.body for each in _defined(statement)}
    imports = {
        alias.asname or alias.name: (node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module is not None and node.module.startswith(_COUNTED)
        for alias in node.names
    }
    return _Module(name, nodes, {each: ast.unparse(node) for each, node in nodes.items()}, imports)


def _defined(statement: ast.stmt) -> list[str]:
    """Names that a statement of a module gives something to."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return [statement.name]
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        return [node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)]
    return []


def _is_text(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )
