import base64
import contextlib
import html
import io
import json
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from helpers import (
    LogEach,
    StopAfter,
    Stopped,
    make_conditional_networks,
    make_dataset,
    make_gan,
    make_images,
    make_plain_networks,
    make_volumetric_networks,
)
from PIL import Image

import gankit
from gankit import callbacks, data, losses, penalties, recipes
from gankit.callbacks import report as module
from gankit.callbacks.durations import tell_duration
from gankit.callbacks.report_charts import draw_charts, find_best, find_points, read_name
from gankit.callbacks.report_facts import summarize
from gankit.callbacks.report_figures import draw_neighbours, draw_real
from gankit.callbacks.report_page import Content, write_page
from gankit.callbacks.report_pictures import MOST_BYTES, Picture, Sample, encode, spread

REAL = make_images(40, seed=1)
MEGABYTE = 2**20


class Page(HTMLParser):
    """What is in a page: tags with their attributes, and words."""

    def __init__(self, path):
        super().__init__()
        self.tags, self.words = [], []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, text):
        if text.strip() and self.tags[-1][0] not in ("style", "script"):
            self.words.append(text.strip())

    def find(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]

    def value_of(self, name):
        return self.words[self.words.index(name) + 1]

    def samples(self):
        return {
            int(image["data-step"]): decode(image["src"])
            for image in self.find("img")
            if "data-step" in image
        }


def decode(source):
    kind, content = source.split(",")
    assert kind == "data:image/webp;base64"
    with Image.open(io.BytesIO(base64.b64decode(content))) as picture:
        return np.asarray(picture)[..., :1]  # grey: all channels are the same


def make_plain_gan():
    """Returns a GAN whose first step takes no time."""
    keras.utils.set_random_seed(0)
    return make_gan(make_plain_networks, generator_ema=0.9, compile_options={"run_eagerly": True})


def rows_of(report):
    return [{name: row[name] for name in row if name != "seconds"} for row in report.rows]


@pytest.fixture
def at_once(monkeypatch):
    """Has pages written whenever something is new, without charts, which take longest."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setattr(module, "INTERVAL", 0)
    monkeypatch.setattr(module, "SHARE", np.inf)


def test_numbers_and_pictures_of_a_run(tmp_path):
    pytest.importorskip("matplotlib")
    gan, path = make_plain_gan(), tmp_path / "faces" / "report.html"
    report = callbacks.Report(path, REAL, 9, details={"Data": "noise"}, commands={"Go on": "again"})
    measured = LogEach(fid=[30.5, 10.25, 20.0])
    history = gan.fit(make_dataset(), epochs=3, verbose=0, callbacks=[report, measured]).history
    page = Page(path)

    assert "Training report: faces" in page.words
    assert page.value_of("Epochs") == "3"
    assert page.value_of("Steps") == "12"
    assert page.value_of("Images seen") == "96"
    assert page.value_of("Best FID") == "10.25"
    assert "best: 10.25 after 64" in page.words
    assert page.value_of("Generator loss") == f"{history['generator_loss'][-1]:.4g}"
    assert page.value_of("Data") == "noise"
    assert page.value_of("Loss") == "NonSaturating"
    assert page.value_of("Batch") == "8 x 8 x 8 x 1"
    assert page.value_of("Keras") == keras.__version__
    assert page.value_of("Go on") == "again"

    samples = page.samples()
    assert list(samples) == [0, 4, 8, 12]
    np.testing.assert_array_equal(samples[12], gankit.make_grid(gan.generate(9, seed=0)))
    assert not np.array_equal(samples[0], samples[12])
    shown = [image for image in page.find("img") if "hidden" not in image]
    assert [image.get("data-step") for image in shown] == ["12", None, None]
    np.testing.assert_array_equal(decode(shown[1]["src"])[:8, :8], gankit.make_grid(REAL[:1]))


@pytest.mark.parametrize("every", ["epoch", 3])
def test_a_run_that_is_taken_up_ends_as_one_that_was_not_stopped(tmp_path, every, at_once):
    ends = {}
    for name, stops in (("whole", [99]), ("parts", [3, 4, 99])):
        for steps in stops:
            report = callbacks.Report(tmp_path / name / "report.html", REAL, 4, every=every)
            used = [report, callbacks.Checkpoint(tmp_path / name, every=2), StopAfter(steps)]
            try:
                make_plain_gan().fit(make_dataset(), epochs=3, verbose=0, callbacks=used)
            except Stopped:
                page = Page(tmp_path / name / "report.html")
                assert page.words[2].endswith("when training was stopped.")
        ends[name] = rows_of(report), Page(report.path).samples()
    assert ends["parts"][0] == ends["whole"][0]
    np.testing.assert_equal(ends["parts"][1], ends["whole"][1])
    if every == 3:
        assert [row["step"] for row in report.rows] == [3, 4, 6, 8, 9, 12]
        assert list(ends["whole"][1]) == [0, 3, 6, 9, 12]


def test_the_time_in_an_epoch_that_was_stopped_counts(tmp_path, at_once, monkeypatch):
    now = [0]

    class TenSecondsAStep(keras.callbacks.Callback):
        order = -2  # before all others

        def on_train_batch_begin(self, batch, logs=None):
            self.before = int(self.model.optimizer.iterations)

        def on_train_batch_end(self, batch, logs=None):  # also of one that is read, and skipped
            now[0] += 10 * (int(self.model.optimizer.iterations) - self.before)

    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    for steps in (3, 99):
        now[0] += 1000  # nobody trains
        report = callbacks.Report(tmp_path / "report.html", num_images=1)
        used = [report, callbacks.Checkpoint(tmp_path, every=2), TenSecondsAStep()]
        with contextlib.suppress(Stopped):
            make_plain_gan().fit(make_dataset(), verbose=0, callbacks=[*used, StopAfter(steps)])
    assert report.rows[-1]["seconds"] == 40


def test_one_draw_serves_the_page_and_the_grids(tmp_path, at_once, monkeypatch):
    gan, drawn = make_plain_gan(), []
    generate = gan.generate
    monkeypatch.setattr(gan, "generate", lambda *of, **how: drawn.append(1) or generate(*of, **how))
    report = callbacks.Report(tmp_path / "run/report.html", REAL, 9, grids=tmp_path / "grids")
    gan.fit(make_dataset(), epochs=2, verbose=0, callbacks=[report])
    assert len(drawn) == 2 + 2  # to try, before training, and in each epoch
    assert [path.name for path in sorted((tmp_path / "grids").iterdir())] == [
        "epoch_0001.png",
        "epoch_0002.png",
    ]
    gankit.save_grid(generate(9, seed=0), tmp_path / "last.png")
    assert (tmp_path / "last.png").read_bytes() == (tmp_path / "grids/epoch_0002.png").read_bytes()


def test_without_a_checkpoint_each_fit_begins_anew(tmp_path):
    gan, path = make_plain_gan(), tmp_path / "report.html"
    for steps in ([0, 4, 8], [8, 12, 16]):
        gan.fit(make_dataset(), epochs=2, verbose=0, callbacks=[callbacks.Report(path)])
        assert list(Page(path).samples()) == steps


def test_a_run_with_no_epoch_left_leaves_its_page(tmp_path):
    path = tmp_path / "report.html"
    for _ in range(2):
        used = [callbacks.Report(path), callbacks.Checkpoint(tmp_path)]
        make_plain_gan().fit(make_dataset(), verbose=0, callbacks=used)
        path.write_text(path.read_text().replace("end of training", "end of the first"))
    assert "end of the first" in path.read_text()


def test_a_lost_page_is_begun_anew_with_all_numbers(tmp_path):
    path = tmp_path / "report.html"
    for epochs in (2, 3):
        path.write_bytes(b"\xff")
        used = [report := callbacks.Report(path), callbacks.Checkpoint(tmp_path)]
        make_plain_gan().fit(make_dataset(), epochs=epochs, verbose=0, callbacks=used)
    assert [row["epoch"] for row in report.rows] == [1, 2, 3]
    assert list(Page(path).samples()) == [8, 12]


def test_of_many_moments_some_are_kept_with_the_best(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST_ROWS", 4)
    monkeypatch.setattr(module, "MOST_SAMPLES", 3)
    report = callbacks.Report(tmp_path / "report.html", num_images=1)
    measured = LogEach(fid=[9, 5, 6, 7, 8, 8, 8, 8], kid=[9, 8, 7, 6, 5, 4, 3, 4])
    make_plain_gan().fit(make_dataset(), epochs=8, verbose=0, callbacks=[report, measured])
    assert [row["epoch"] for row in report.rows] == [1, 2, 7, 8]
    assert list(Page(report.path).samples()) == [0, 8, 32]


def test_steps_are_spread_evenly():
    assert spread([0, 1, 2, 3, 4], 3) == {0, 2, 4}
    assert spread([0, 1, 2, 3, 4], 3, spared={1}) == {0, 1, 4}
    assert spread([5, 7], 24) == {5, 7}
    kept = []
    for step in range(1000):
        kept = sorted(spread([*kept, step], 24))
    assert (kept[0], kept[-1], len(kept)) == (0, 999, 24)
    assert max(np.diff(kept)) <= 2 * 1000 / 23


def test_nothing_from_outside_is_taken_for_html(tmp_path):
    odd = "<i>\"'&$name"
    path = tmp_path / "<b>&" / "report.html"
    report = callbacks.Report(path, REAL, 2, details={odd: odd}, commands={odd: odd})
    measured = LogEach(**{f"{odd}_loss": [1.0]})
    make_plain_gan().fit(make_dataset(), verbose=0, callbacks=[report, measured])
    page = Page(path)
    assert not page.find("i")
    assert not page.find("b")
    assert len(page.find("script")) == 1
    assert page.words.count(odd) == 4
    assert f"{odd} loss" in page.words
    assert "Training report: <b>&" in page.words


@pytest.mark.parametrize("shape", [(60, 60, 1), (300, 500, 3), (1040, 1040, 4), (5000, 20, 3)])
def test_a_picture_is_exact_or_small(shape):
    grid = np.random.default_rng(0).integers(256, size=shape, dtype=np.uint8)
    picture = encode(grid)
    content = base64.b64decode(picture.source.split(",")[1])
    assert len(content) <= MOST_BYTES
    with Image.open(io.BytesIO(content)) as opened:
        assert opened.size == (picture.width, picture.height)
    assert abs(picture.width / picture.height - shape[1] / shape[0]) < 0.05
    if shape == (60, 60, 1):
        np.testing.assert_array_equal(decode(picture.source), grid)


def test_the_largest_page_is_below_five_megabytes():
    source = "data:image/webp;base64," + "A" * (MOST_BYTES * 4 // 3)
    rng, picture = np.random.default_rng(0), Picture(source, 1024, 1024)
    names = ["generator_loss", "val_generator_loss", "real_accuracy", "fake_accuracy", "fid", "kid"]
    rows = [
        {"epoch": epoch, "step": epoch, "seconds": epoch}
        | dict(zip(names, rng.random(6), strict=True))
        for epoch in range(module.MOST_ROWS)
    ]
    samples = [Sample(step, step, picture) for step in range(module.MOST_SAMPLES)]
    figure = draw_real(np.zeros((1, 2, 2, 1), np.uint8), 1, None)._replace(picture=picture)
    page = write_page(Content("run", "name", "", rows, samples, 64, figure, figure, {}, {}, {}))
    assert 3 * MEGABYTE < len(page.encode()) < 5 * MEGABYTE


def test_it_is_written_at_times_only(tmp_path, monkeypatch):
    written = []
    monkeypatch.setattr(module, "write_page", lambda content: written.append(content.state) or "")
    report = callbacks.Report(tmp_path / "report.html", num_images=1)
    make_plain_gan().fit(make_dataset(), epochs=5, verbose=0, callbacks=[report])
    beginning, end = written
    assert beginning.endswith("while training goes on.")
    assert end.endswith("at the end of training.")


def test_charts_of_what_was_logged():
    pytest.importorskip("matplotlib")
    row = {"epoch": 1, "step": 4, "seconds": 1, "generator_loss": 2.0, "val_generator_loss": np.nan}
    more = {"real_accuracy": 0.5, "kid": -0.1, "$_loss": np.inf}
    charts = draw_charts([row, row | more | {"step": 8}], None)
    assert list(charts) == ["Losses", "Share that the discriminator gets right", "KID"]
    assert (
        'aria-label="generator loss, held-out generator loss, $ loss, over training steps"'
        in (charts["Losses"])
    )
    assert "best: -0.1 after 8" in charts["KID"]
    assert draw_charts([], 64) == {}


def test_what_was_measured_belongs_to_its_step():
    rows = [
        {"step": 10, "evaluation_step": 6, "fid": 3.0, "generator_loss": 1.0},
        {"step": 20, "evaluation_step": 6, "fid": 3.0, "generator_loss": 2.0},
        {"step": 25, "generator_loss": 2.5},
        {"step": 30, "evaluation_step": 26, "fid": 4.0, "generator_loss": 3.0},
    ]
    assert find_points(rows, "fid") == {6: 3.0, 26: 4.0}
    assert find_points(rows, "generator_loss") == {10: 1.0, 20: 2.0, 25: 2.5, 30: 3.0}
    assert find_best(rows, "fid") is rows[0]
    assert find_best(rows, "kid") is None


def test_without_matplotlib_the_page_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    report = callbacks.Report(tmp_path / "report.html", num_images=1)
    make_plain_gan().fit(make_dataset(), verbose=0, callbacks=[report])
    assert "pip install 'gankit[plots]'" in Page(report.path).words


def test_a_copy_is_nearest_to_what_it_copies():
    real = np.zeros((5, 2, 2, 1), np.uint8)
    real[3] = 255
    figure = draw_neighbours(real[3:4], real)
    assert "5 real images in pixels. The smallest difference is 0.0%" in figure.text
    assert decode(figure.picture.source).shape == (2, 5 * 4 - 2 + 1, 1)
    figure = draw_neighbours(real[3:4] - 51, real[:3])
    assert "smallest difference is 80.0%" in figure.text


def test_facts_in_words():
    assert [read_name(name) for name in ("val_real_accuracy", "interval_loss", "kid_std")] == [
        "held-out real accuracy",
        "interval loss",
        "KID std",
    ]
    gan = recipes.small((8, 8, 1), filters=2, total_steps=100)
    assert summarize(penalties.R1(0.5) + penalties.R2(0.25, every=2)) == (
        "Sum(penalties=R1(weight=0.5, every=1), R2(weight=0.25, every=2))"
    )
    assert summarize(losses.NonSaturating(label_smoothing=0.1)) == (
        "NonSaturating(label_smoothing=0.1)"
    )
    assert summarize(gan.generator_optimizer) == (
        "Adam(learning_rate=CosineDecay(initial_learning_rate=0.001, decay_steps=100, alpha=0, "
        "warmup_steps=0), beta_1=0, beta_2=0.99)"
    )
    assert summarize(None) == "none"
    assert [tell_duration(seconds) for seconds in (59.4, 89.9, 90.1, 5399, 7322)] == [
        "59 s",
        "90 s",
        "2 min",
        "1 h 30 min",
        "2 h 2 min",
    ]


def test_conditions(tmp_path):
    gan = make_gan(make_conditional_networks)
    dataset = data.from_arrays(make_images(8), np.arange(8) % 3, batch_size=4)
    report = callbacks.Report(tmp_path / "report.html", condition=[2, 1, 0], columns=3)
    gan.fit(dataset, verbose=0, callbacks=[report])
    expected = gankit.make_grid(gan.generate(condition=[2, 1, 0], seed=0), columns=3)
    np.testing.assert_array_equal(Page(report.path).samples()[2], expected)


def test_volumes(tmp_path):
    gan, volumes = make_gan(make_volumetric_networks), make_images(8, (8, 8, 8, 1))
    report = callbacks.Report(tmp_path / "report.html", volumes, 2)
    gan.fit(volumes, batch_size=4, verbose=0, callbacks=[report])
    page = Page(report.path)
    assert page.value_of("Batch") == "4 x 8 x 8 x 8 x 1"
    assert len(page.find("img")) == 4


def test_what_can_not_work_is_an_error_before_training(tmp_path):
    with pytest.raises(ValueError, match=r"path must be that of an \.html file, got 'run'"):
        callbacks.Report("run")
    with pytest.raises(ValueError, match="images must have the shape"):
        callbacks.Report("report.html", REAL[0])
    gan = make_plain_gan()
    report = callbacks.Report(tmp_path / "report.html", REAL[:, :4])
    with pytest.raises(ValueError, match="Compare images of one size"):
        gan.fit(make_dataset(), verbose=0, callbacks=[report])
    assert gan.optimizer.iterations == 0


def test_a_page_that_can_not_be_written_is_a_warning(tmp_path):
    report = callbacks.Report(tmp_path / "report.html", num_images=1)
    report.path.mkdir()
    gan = make_plain_gan()
    with pytest.warns(UserWarning, match="Could not write .*report.html"):
        gan.fit(make_dataset(), epochs=2, verbose=0, callbacks=[report])
    assert gan.optimizer.iterations == 8


LOOK = """<script>
addEventListener("load", () => {
  const shown = () => [...document.images].filter(image => image.checkVisibility());
  const texts = () => shown().map(image => image.alt);
  const colour = () => getComputedStyle(document.body).backgroundColor;
  const slider = document.getElementById("time");
  const found = { before: texts(), light: colour() };
  slider.value = 1;
  slider.dispatchEvent(new Event("input"));
  document.getElementById("theme").click();
  Object.assign(found, {
    after: texts(), output: document.querySelector("output").value, dark: colour(),
    empty: shown().filter(image => !image.naturalWidth).length,
    loaded: performance.getEntriesByType("resource").map(one => one.name.slice(0, 5)),
  });
  document.body.textContent = JSON.stringify(found);
});
</script>"""
QUIET = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
QUIET += ["--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND"]


def look_at(page, folder):
    """Returns what LOOK has found in a browser, and what the browser's console said."""
    names = ("chromium", "chromium-browser", "google-chrome")
    browser = next(filter(None, map(shutil.which, names)), None)
    if browser is None:
        pytest.skip("needs Chromium")
    (folder / "look.html").write_text(page.replace("</body>", f"{LOOK}</body>"))
    options = ["--headless", "--no-sandbox", "--enable-logging=stderr", "--dump-dom", *QUIET]
    finished = subprocess.run(
        [browser, *options, f"--user-data-dir={folder}/user", (folder / "look.html").as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "<body>{" in finished.stdout, finished.stderr[-2000:]
    found = finished.stdout.split("<body>")[1].split("</body>")[0]
    console = [line for line in finished.stderr.splitlines() if ":CONSOLE:" in line]
    return json.loads(html.unescape(found)), console


def test_in_a_browser(tmp_path):
    report = callbacks.Report(tmp_path / "report.html", REAL, 4)
    make_plain_gan().fit(make_dataset(), epochs=2, verbose=0, callbacks=[report])
    found, console = look_at(report.path.read_text(), tmp_path)
    assert console == []
    assert set(found["loaded"]) <= {"data:"}
    assert found["empty"] == 0
    before, after = found["before"][0], found["after"][0]
    assert before == "Generated images after 2 epochs and 8 steps: 64 images seen"
    assert after == "Generated images after 1 epoch and 4 steps: 32 images seen"
    assert found["output"] == after
    assert found["before"][1:] == found["after"][1:]
    assert len(found["after"]) == 3
    assert found["light"] != found["dark"]
