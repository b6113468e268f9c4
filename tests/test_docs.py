"""What the README and the documentation show runs as it stands there, in shortened trainings."""

import re
import tarfile
from pathlib import Path

import keras
import numpy as np
import pytest
from helpers import all_state, assert_same_values, make_dataset, make_plain_networks

import gankit

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = sorted(ROOT.glob("docs/*.md"))
# Blocks with a title show other libraries' code, which is not run.
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def blocks(page):
    return BLOCK.findall(page.read_text())


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with a trained GAN and a few photos; ``fit`` makes two steps only."""
    monkeypatch.chdir(tmp_path)
    fit = gankit.GAN.fit

    def fit_shortly(self, x=None, y=None, batch_size=None, epochs=1, **options):
        return fit(self, x, y, batch_size, 1, **options | {"steps_per_epoch": 2})

    monkeypatch.setattr(gankit.GAN, "fit", fit_shortly)
    digits, labels = gankit.data.sample_digits()
    for number in (0, 1):
        photos = np.repeat(digits[labels == number][:40], 3, axis=-1)
        gankit.save_images(photos, tmp_path / "photos" / f"kind_{number}")
    with tarfile.open(tmp_path / "photos.tar", "w") as tar:
        tar.add(tmp_path / "photos", ".")
    return tmp_path


@pytest.mark.docs
@pytest.mark.parametrize(
    "page", [page for page in PAGES if blocks(page)], ids=lambda page: page.name
)
def test_code_runs(page, folder):
    names = {"__name__": "page"}
    for code in blocks(page):
        exec(compile(code, page.name, "exec"), names)


def test_the_quick_start_does_what_the_readme_says(folder):
    names = {}
    code, parts, evaluation, long_run = blocks(README)[:4]
    exec(code, names)
    assert names["best"].shape == (64, 28, 28, 1)
    assert (folder / "digits.png").exists()
    assert (folder / "samples" / "epoch_0001.png").exists()
    recipe = names["gan"]
    exec(parts, names)  # what the recipe is made of
    assert names["gan"].count_params() == recipe.count_params()
    assert names["gan"].penalty.get_config() == recipe.penalty.get_config()
    exec(evaluation, names)
    assert {"fid", "spread"} <= set(names["gan"].history.history)
    assert (folder / "best.keras").exists()
    exec(long_run, names)
    assert len(list((folder / "run").glob("*.keras"))) == 1


def test_the_readmes_variant_is_saved_and_loaded(tmp_path):
    names = {"keras": keras, "gankit": gankit, "gan": gankit.GAN(*make_plain_networks())}
    exec(blocks(README)[4], names)
    gan = names["BrightGAN"](*make_plain_networks(), brightness=0.5)
    gan.compile()
    assert "generator_brightness" in gan.fit(make_dataset(), verbose=0).history
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    assert loaded.brightness == 0.5
    np.testing.assert_array_equal(loaded.generate(2, seed=0), gan.generate(2, seed=0))


def test_a_term_that_looks_again_changes_nothing_in_evaluate():
    page = ROOT / "docs" / "add_a_variant.md"
    (code,) = [code for code in blocks(page) if "self.score(" in code]
    names = {"keras": keras, "ops": keras.ops, "gankit": gankit}
    exec(code.split("\n\n\ngan = ")[0], names)
    generator, _ = make_plain_networks()
    images = keras.Input(generator.output.shape[1:], name="images")
    x = keras.layers.BatchNormalization()(keras.layers.Flatten()(images))
    x = keras.layers.Dropout(0.5)(x)
    discriminator = keras.Model(images, keras.layers.Dense(1)(x))
    gan = names["ConsistentGAN"](generator, discriminator, seed=0)
    gan.compile(run_eagerly=True)
    gan.fit(make_dataset().take(1), verbose=0)
    before = all_state(gan)
    assert "discriminator_consistency" in gan.evaluate(make_dataset().take(1), verbose=0)
    assert_same_values(all_state(gan), before)


def test_links_lead_somewhere():
    docstrings = [source for source in ROOT.glob("gankit/**/*.py") if "](../" in source.read_text()]
    for page in [README, *ROOT.glob("*/README.md"), *ROOT.glob("docs/**/*.md"), *docstrings]:
        # Those of docstrings start from where the reference shows them.
        folder = ROOT / "docs" / "reference" if page in docstrings else page.parent
        for link, anchor in re.findall(r"\]\(([^)#]*)#?([^)]*)\)", page.read_text()):
            if link.startswith("http") or (page in docstrings and not link.startswith("../")):
                continue
            target = folder / link if link else page
            assert target.exists(), f"{page.name} links to {link}"
            if anchor:
                titles = re.findall(r"^#+ (.+)$", target.read_text(), re.MULTILINE)
                assert anchor in map(as_anchor, titles), f"{page.name} links to {link}#{anchor}"


def test_the_changelogs_links_lead_somewhere_from_both_places():
    """From the repository's root, and from the site, whose page repeats them without ``docs/``."""
    definition = re.compile(r"^\[(\w+)\]: (\S+)$", re.MULTILINE)
    text = (ROOT / "CHANGELOG.md").read_text()
    there = dict(definition.findall(text))
    on_the_site = dict(definition.findall((ROOT / "docs" / "changelog.md").read_text()))
    assert there == {name: f"docs/{link}" for name, link in on_the_site.items()}
    assert {link for link in there.values() if not (ROOT / link.split("#")[0]).exists()} == set()
    assert [name for name in there if text.count(f"[{name}]") == 1] == []


def as_anchor(title):
    return re.sub(r"[^\w -]", "", title).lower().replace(" ", "-")


def test_every_page_is_in_the_navigation():
    navigation = (ROOT / "mkdocs.yml").read_text().split("\nnav:")[1]
    shown = set(re.findall(r"[\w/]+\.(?:md|ipynb)", navigation))
    docs = ROOT / "docs"
    there = {str(file.relative_to(docs)) for file in [*docs.rglob("*.md"), *docs.rglob("*.ipynb")]}
    assert shown == there


def test_every_public_name_is_in_the_reference():
    reference = "".join(page.read_text() for page in (ROOT / "docs" / "reference").glob("*.md"))
    shown = set(re.findall(r"^::: gankit\.(.+)$", reference, re.MULTILINE))
    expected = set(gankit.__all__) - {"__version__"}
    parts = ("architectures", "augment", "callbacks", "data", "latents", "layers", "metrics")
    for part in (*parts, "regularizers", "runs"):
        expected |= {f"{part}.{name}" for name in getattr(gankit, part).__all__}
        expected.discard(part)
    # What GAN inherits stands with its bases.
    bases = [base for base in gankit.GAN.__mro__ if base.__module__.startswith("gankit.")]
    expected |= {f"{base.__module__}.{base.__name__}"[len("gankit.") :] for base in bases[1:]}
    assert {name for name in expected if not any(covers(s, name) for s in shown)} == set()


@pytest.mark.parametrize("part", ["losses", "penalties", "augment", "regularizers", "callbacks"])
def test_every_part_is_in_its_table(part):
    title = {"augment": "Augmentation"}.get(part, part.title())
    page = (ROOT / "docs" / "choosing.md").read_text()
    section = page.split(f"\n## {title}\n")[1].split("\n## ")[0]
    first_columns = "".join(re.findall(r"^\| (.+?) \|", section, re.MULTILINE))
    module = getattr(gankit, part)
    public = getattr(module, "__all__", [name for name in vars(module) if name[0] != "_"])
    classes = [name for name in public if is_own_class(getattr(module, name))]
    assert classes
    assert [name for name in classes if not re.search(rf"`{name}\b", first_columns)] == []


def is_own_class(value):
    return (
        isinstance(value, type)
        and value.__module__.startswith("gankit.")
        and value.__name__ != "Configured"
    )


def covers(shown, name):
    """Whether a directive of the reference shows a name: itself, or the module that it is in."""
    return name == shown or name.startswith(f"{shown}.")
