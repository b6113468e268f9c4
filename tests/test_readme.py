"""What the README shows runs as it stands there, but for the number of epochs."""

import re
from pathlib import Path

import keras
import numpy as np
import pytest
from helpers import make_dataset, make_plain_networks

README = Path(__file__).parents[1] / "README.md"


@pytest.fixture(scope="module")
def blocks():
    if not README.exists():
        pytest.skip("not in a source tree")
    return re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)


def test_the_quick_start(blocks, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, evaluation, long_run = blocks[:3]
    code, replaced = re.subn(r"epochs=\d+", "epochs=1", code)
    assert replaced == 1
    names = {}
    exec(code, names)
    assert names["best"].shape == (64, 28, 28, 1)
    assert (tmp_path / "digits.png").exists()
    assert (tmp_path / "samples" / "epoch_0001.png").exists()
    exec(evaluation.replace("epochs=3", "epochs=1, steps_per_epoch=2"), names)
    assert {"fid", "spread"} <= set(names["gan"].history.history)
    assert (tmp_path / "best.keras").exists()
    exec(long_run.replace("epochs=200", "epochs=1, steps_per_epoch=2"), names)
    assert len(list((tmp_path / "run").iterdir())) == 1


def test_the_variant(blocks, tmp_path):
    names = {"keras": keras}
    exec("import gankit\n" + blocks[3], names)
    gan = names["BrightGAN"](*make_plain_networks(), brightness=0.5)
    gan.compile()
    assert "generator_brightness" in gan.fit(make_dataset(), verbose=0).history
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    assert loaded.brightness == 0.5
    np.testing.assert_array_equal(loaded.generate(2, seed=0), gan.generate(2, seed=0))


def test_links_lead_somewhere():
    for page in [README, *README.parent.glob("docs/*.md")]:
        for link in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
            if not link.startswith("http"):
                assert (page.parent / link).exists(), f"{page.name} links to {link}"
