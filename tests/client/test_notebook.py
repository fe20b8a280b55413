"""The example notebook, as a kernel runs it, against real services."""

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tests.backend.e2e.stack import Stack

NOTEBOOK = Path(__file__).parents[2] / "client/examples/first_simulation.ipynb"


def shown(cell: Any) -> str:
    """What a cell printed and showed."""
    parts = [output.get("text", "") or output.get("data", {}).get("text/plain", "") for output in cell.outputs]
    return "".join(parts)


@pytest.mark.slow
def test_the_example_notebook_runs_from_the_first_cell_to_the_last(
    stack: Stack, token: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {
        "PROPRUNN_URL": stack.backend.url,
        "PROPRUNN_TOKEN": token,
        "FOLDER": str(tmp_path),
        "SIMULATOR": "null",
    }
    for name, value in {**settings, "PYTHONPATH": f"{NOTEBOOK.parents[1]}:{NOTEBOOK.parents[2]}"}.items():
        monkeypatch.setenv(name, value)
    notebook = nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]  # has no types
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    text = "\n".join(shown(cell) for cell in notebook.cells if cell.cell_type == "code")
    assert "owner@example.org" in text
    assert "bit exact: True" in text
    assert "cancelled" in text
    assert "body.accelerator | pynq-8x33" in text
    assert (tmp_path / "small.onnx").exists()


def test_the_notebook_is_kept_without_outputs() -> None:
    cells = nbformat.read(NOTEBOOK, as_version=4).cells  # type: ignore[no-untyped-call]  # has no types
    assert [cell for cell in cells if cell.get("outputs")] == []
