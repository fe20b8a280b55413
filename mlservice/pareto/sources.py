"""Which code decides what a method comes to, so that a change of one method makes its own runs obsolete and no others.

A method's code is its entry in the catalogue with what that names there, and the modules of `mlservice.pruning` and `mlservice.training` that
these come from, with all that those import. Comments, docstrings and layout do not count.
"""

import ast
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import mlservice
from contracts.errors import InputError

_PACKAGE: Final = Path(mlservice.__file__).parent
_CATALOGUE: Final = "mlservice.training.methods.catalogue"
_COUNTED: Final = ("mlservice.pruning.", "mlservice.training.")
_ALWAYS: Final = ("mlservice.training.trainer",)
_OF_PREDICTORS: Final = "mlservice.pruning.metrics"


def digest_of(method: str, cost: str) -> str:
    """Of the code behind a method, 16 hexadecimal digits.

    Args:
        method: a name of the catalogue.
        cost: who foretells costs; what asks predictors counts where these are asked.

    Raises:
        InputError: there is no such method.
    """
    entry, modules = _entry(method)
    modules = {*modules, *_ALWAYS, *([_OF_PREDICTORS] if cost != "expert" else [])}
    texts = [entry, *(f"{name}\n{_read(name).text}" for name in modules_of(modules))]
    return hashlib.sha256("\n\n".join(texts).encode()).hexdigest()[:16]


def modules_of_method(method: str) -> list[str]:
    """All modules whose code counts as a method's.

    Raises:
        InputError: there is no such method.
    """
    return modules_of({*_entry(method)[1], *_ALWAYS})


def modules_of(first: set[str]) -> list[str]:
    """These and all that they import, as far as they count; sorted."""
    found: set[str] = set()
    open_ones = set(first)
    while open_ones:
        name = open_ones.pop()
        found.add(name)
        open_ones |= set(_read(name).imports) - found
    return sorted(found)


def _entry(method: str) -> tuple[str, set[str]]:
    """What the catalogue says of a method, as source, and the modules that it takes things from."""
    tree = _tree(_path(_CATALOGUE))
    defined = dict(_definitions(tree))
    imported = {name: module for module, name in _imports(tree)}
    table = defined["METHODS"]
    assert isinstance(table, ast.AnnAssign)
    assert isinstance(table.value, ast.Dict)
    entries = {
        k.value: v for k, v in zip(table.value.keys, table.value.values, strict=True) if isinstance(k, ast.Constant)
    }
    if method not in entries:
        raise InputError(f"method is {method!r}; known are {', '.join(map(str, entries))}")
    call = entries[method]
    assert isinstance(call, ast.Call)
    parts: list[ast.AST] = [*call.args[1:], *call.keywords]  # the first says what it is, in words
    names, modules = [*_names(parts)], set()
    for name in names:
        if name in defined and defined[name] not in parts:
            parts.append(defined[name])
            names.extend(_names([defined[name]]))
        if name in imported:
            modules.add(imported[name])
    return "\n".join(ast.unparse(part) for part in parts), modules


def _definitions(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            yield statement.name, statement
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        for target in targets:
            if isinstance(target, ast.Name):
                yield target.id, statement


def _names(parts: list[ast.AST]) -> list[str]:
    return [node.id for part in parts for node in ast.walk(part) if isinstance(node, ast.Name)]


def _imports(tree: ast.Module) -> list[tuple[str, str]]:
    """Modules that count, with the names that are taken from them."""
    return [
        (node.module, alias.asname or alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module is not None and node.module.startswith(_COUNTED)
        for alias in node.names
    ]


@dataclass(frozen=True)
class _Source:
    """A module's code without what does not count, and the modules that it imports."""

    text: str
    imports: frozenset[str]


def _read(module: str) -> _Source:
    path = _path(module)
    return _read_at(path, path.stat().st_mtime_ns)


@cache
def _read_at(path: Path, _changed_ns: int) -> _Source:
    tree = _tree(path)
    return _Source(ast.unparse(tree), frozenset(module for module, _ in _imports(tree)))


def _path(module: str) -> Path:
    path = _PACKAGE.joinpath(*module.split(".")[1:])
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _tree(path: Path) -> ast.Module:
    """Of a source, without docstrings."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            told = [each for each in node.body if not _is_text(each)]
            node.body = told or [ast.Pass()]
    return tree


def _is_text(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )
