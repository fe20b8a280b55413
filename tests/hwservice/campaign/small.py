"""A campaign small enough for the fast twin."""

from pathlib import Path

from hwservice.campaign.definition import Campaign, load_campaign

TEXT = """
name = "small"
seed = 5
accelerators = ["pynq-8x32", "edge-8x8"]
check = 1.0
[held_out]
family = "densenet"
accelerator = "edge-8x8"
[[part]]
family = "plain"
count = {plain}
inputs = [[1, 8, 8]]
bases = [{{ widths = [8, 12, 16] }}]
vectors = 0.3
[[part]]
family = "densenet"
count = {dense}
inputs = [[3, 8, 8]]
bases = [{{ growths = [[4, 4], [4]], stem = 6 }}]
unequal = 0.5
"""


def small(folder: Path, plain: int = 6, dense: int = 3) -> Campaign:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "small.toml"
    path.write_text(TEXT.format(plain=plain, dense=dense))
    return load_campaign(path)
