"""`python -m mlservice bench codesign` on digits: from nothing to tables; continuous integration's small version of the benchmark."""

import json
from pathlib import Path

import pytest

from mlservice.cli import main
from mlservice.pareto.tables import BEGIN, END


@pytest.mark.rtl
@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_small_benchmark_keeps_its_budgets_and_writes_its_tables(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("bench", "codesign", "--small", "--results", str(tmp_path / "results"), "--work", str(tmp_path / "work"))
    assert main([*asked, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["failed"] == []
    for path in (tmp_path / "results").glob("*.json"):
        answer = json.loads(path.read_text())["answer"]
        for budget in answer["budget"].values():
            assert 0.9 * budget <= answer["measured_latency_ms"] <= 1.02 * budget
        assert answer["bit_exact"]
    page = tmp_path / "page.md"
    page.write_text(f"# Results\n{BEGIN}\n{END}\n")
    assert main([*asked, "--report", str(page)]) == 0
    assert f"{told['runs']} of {told['runs']} runs" in page.read_text()
    assert "| uniform-aligned | latency-0.35 | 1 |" in page.read_text()
    assert 'id="codesign-front"' in (tmp_path / "work" / "report.html").read_text()


def test_a_pattern_that_matches_nothing_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "codesign", "--small", "--only", "*magic*", "--results", str(tmp_path)]) == 2
    assert "--only '*magic*' matches none of the 5 runs" in capsys.readouterr().err
