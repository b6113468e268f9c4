"""Runs: found data, chosen recipes, files in the folder, and runs that go on."""

import collections
import csv
import json
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from helpers import all_state, assert_same_values, environment_of_processes, make_images
from PIL import Image

import gankit
from gankit.__main__ import main
from gankit.data.opening import open_image
from gankit.runs import Settings, progress, session, train
from gankit.runs.session import build, choose, complete, count_steps, find_tick
from gankit.runs.sources import find_data

TINY = {"filters": 2, "latent_dim": 4}


def write_photos(folder, number=60, size=(8, 8), mode="RGB"):
    folder.mkdir(parents=True, exist_ok=True)
    channels = len(Image.new(mode, (1, 1)).getbands())
    pixels = np.random.default_rng(0).integers(0, 256, (number, *size, channels), dtype="uint8")
    for index, one in enumerate(pixels):
        Image.fromarray(one.squeeze(), mode).save(folder / f"{index:03d}.png")
    return folder


def tiny(source, **options):
    return Settings(
        **{"source": str(source), "epochs": 2, "batch_size": 20, "options": TINY} | options
    )


def quietly(settings, folder):
    return train(settings, folder, tell=None)


def test_a_run_from_a_folder_leaves_all_that_one_wants(tmp_path):
    lines = []
    gan = train(tiny(write_photos(tmp_path / "photos")), tmp_path / "run", lines.append)
    assert gan.position.steps == 6  # of 20 images: 2 epochs of 60
    run = tmp_path / "run"
    assert {path.name for path in run.iterdir()} == {
        *("run.json", "model.keras", "losses.csv", "samples", "checkpoints", "report.html")
    }
    assert gankit.load(run / "model.keras").generate(3, seed=0).shape == (3, 8, 8, 3)
    assert [path.name for path in (run / "samples").iterdir()] == ["epoch_0001.png"]
    assert lines[0] == f"60 images of 8x8, colour: {tmp_path / 'photos'}"
    assert lines[1].startswith("warning: 60 images are few.")
    assert lines[2].startswith("Draws 8x8 by recipes.small, in batches of 20, in ")
    written = json.loads((run / "run.json").read_text())
    assert written["size"] == [8, 8]
    assert written["recipe"] == "small"


def test_a_timed_run_that_has_ended_goes_on_if_it_is_given_more_time(tmp_path):
    settings = tiny(write_photos(tmp_path / "photos"), epochs=None, minutes=1e-9)
    steps = [quietly(settings, tmp_path / "run").position.steps for _ in range(2)]
    assert steps == [1, 1]  # the first makes a step before it looks at the clock
    gan = quietly(replace(settings, minutes=0.1), tmp_path / "run")
    assert gan.position.steps > 1
    with pytest.raises(ValueError, match="Its length is in minutes"):
        quietly(replace(settings, minutes=None, epochs=3), tmp_path / "run")


def test_settings_that_differ_from_those_of_the_run_are_refused(tmp_path):
    settings = tiny(write_photos(tmp_path / "photos"))
    quietly(settings, tmp_path / "run")
    before = (tmp_path / "run/run.json").read_text()
    with pytest.raises(ValueError, match="seed was 0, now 1"):
        quietly(replace(settings, seed=1), tmp_path / "run")
    assert (tmp_path / "run/run.json").read_text() == before


def test_a_file_of_settings_makes_the_same_run(tmp_path):
    photos = write_photos(tmp_path / "photos")
    first = quietly(tiny(photos, mixed=True), tmp_path / "first")
    assert first.generator.compute_dtype == "bfloat16"
    assert keras.config.dtype_policy().name == "float32"  # as before
    second = quietly(Settings.read(tmp_path / "first/run.json"), tmp_path / "second")
    assert_same_values(all_state(first), all_state(second))


def test_a_run_begins_with_the_weights_of_another(tmp_path):
    photos = write_photos(tmp_path / "photos")
    quietly(tiny(photos), tmp_path / "first")
    lines = []
    settings = tiny(photos, start=str(tmp_path / "first/model.keras"), freeze=1)
    train(settings, tmp_path / "second", lines.append)
    assert any(line.startswith("Begins with ") and "from scratch" not in line for line in lines)


@pytest.mark.parametrize(("mode", "channels"), [("L", 1), ("RGB", 3), ("RGBA", 4)])
def test_colours_are_found(mode, channels, tmp_path):
    found = find_data(tiny(write_photos(tmp_path / "photos", 5, mode=mode)), tmp_path)
    assert found.image_shape == (8, 8, channels)


@pytest.mark.parametrize(
    ("size", "expected"),
    [((200, 200), (64, 64)), ((218, 178), (64, 52)), ((30, 40), (30, 40)), ((4, 100), (8, 64))],
)
def test_the_size_keeps_the_aspect_ratio(size, expected, tmp_path):
    found = find_data(tiny(write_photos(tmp_path / "photos", 3, size)), tmp_path)
    assert found.image_shape[:2] == expected


def test_classes_are_subfolders(tmp_path):
    for name in ("cat", "dog"):
        write_photos(tmp_path / "photos" / name, 30)
    gan = quietly(tiny(tmp_path / "photos", classes="folders"), tmp_path / "run")
    assert gan.generate(4, condition=1, seed=0).shape == (4, 8, 8, 3)
    assert find_data(tiny(tmp_path / "photos", classes="folders"), tmp_path).class_names == [
        "cat",
        "dog",
    ]


def test_each_file_is_looked_at_once_and_warned_of_once(tmp_path, monkeypatch):
    photos = write_photos(tmp_path / "photos")
    (photos / "damaged.png").write_bytes((photos / "000.png").read_bytes()[:60])
    opened = collections.Counter()

    def counting(path):
        opened[Path(path).name] += 1
        return open_image(path)

    monkeypatch.setattr("gankit.data.images.open_image", counting)
    lines = []
    train(tiny(photos), tmp_path / "run", lines.append)
    assert sum("damaged.png" in line for line in lines) == 1
    assert opened["damaged.png"] == 1
    assert opened["000.png"] == 2  # a look, and then it is decoded into memory


@pytest.mark.parametrize("kind", ["zip", "tar", "gztar"])
def test_archives_are_unpacked_once(kind, tmp_path):
    write_photos(tmp_path / "photos", 5)
    archive = shutil.make_archive(str(tmp_path / "archive"), kind, tmp_path / "photos")
    found = find_data(tiny(archive), tmp_path / "run")
    assert found.num_images == 5
    Path(archive).write_bytes(b"gone")
    assert find_data(tiny(archive), tmp_path / "run").num_images == 5


def test_an_archive_writes_nothing_outside_of_its_folder(tmp_path):
    photo = write_photos(tmp_path / "photos", 1) / "000.png"
    with tarfile.open(tmp_path / "evil.tar", "w") as archive:
        archive.add(photo, "../outside.png")
    with pytest.raises(tarfile.OutsideDestinationError):
        find_data(tiny(tmp_path / "evil.tar"), tmp_path / "run")
    assert not (tmp_path / "outside.png").exists()


def test_arrays_with_and_without_labels(tmp_path):
    images = (127.5 * (make_images(50) + 1)).astype("uint8")
    np.save(tmp_path / "images.npy", images[..., 0])
    assert find_data(tiny(tmp_path / "images.npy"), tmp_path).image_shape == (8, 8, 1)
    np.savez(tmp_path / "both.npz", x_train=images, y_train=np.arange(50)[:, None] % 4)
    assert find_data(tiny(tmp_path / "both.npz"), tmp_path).class_names is None
    found = find_data(tiny(tmp_path / "both.npz", classes="folders"), tmp_path)
    assert found.class_names == ["0", "1", "2", "3"]
    with pytest.raises(ValueError, match="no labels"):
        find_data(tiny(tmp_path / "images.npy", classes="folders"), tmp_path)
    np.savez(tmp_path / "odd.npz", a=images, b=images)
    with pytest.raises(ValueError, match=r"holds \['a', 'b'\]: name the images"):
        find_data(tiny(tmp_path / "odd.npz"), tmp_path)


def test_digits_have_a_judge_and_are_not_mirrored(tmp_path):
    found = find_data(Settings("digits"), tmp_path)
    assert found.are_digits
    assert not found.flip
    assert found.class_names is None


def test_a_score_is_measured_by_a_network_of_ones_own(tmp_path):
    judge = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten()])
    judge.save(tmp_path / "judge.keras")
    photos = write_photos(tmp_path / "photos")
    scored = tiny(photos, score="kid", extractor=str(tmp_path / "judge.keras"))
    run = tmp_path / "run"
    quietly(scored, run)
    with (run / "losses.csv").open() as file:
        assert all(math.isfinite(float(row["kid"])) for row in csv.DictReader(file))
    assert re.search(r"<h2>KID", (run / "report.html").read_text())
    assert scored.changes(tiny(photos)) == []  # what is measured makes no other run


def test_a_folder_with_everything_wrong_in_it(tmp_path):
    photos = write_photos(tmp_path / "photos")
    write_photos(photos / "deeper", 3, mode="L")
    write_photos(photos / "wide", 2, (8, 20), "RGBA")
    Image.new("CMYK", (9, 9)).save(photos / "cmyk.jpg")
    Image.new("RGB", (1, 1)).save(photos / "tiny.png")
    (photos / "damaged.png").write_bytes((photos / "000.png").read_bytes()[:60])
    (photos / "notes.txt").write_text("not a picture")
    lines = []
    gan = train(tiny(photos, size=(8, 8)), tmp_path / "run", lines.append)
    assert gan.position.steps == 7  # of 20 images: 2 epochs of 67
    assert lines[0].startswith("67 images of 1x1 to 9x20, colour: ")
    assert any("damaged.png" in line for line in lines)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"recipe": "modem"}, "no recipe 'modem'.*Did you mean 'modern'"),
        ({"options": {"filter": 2}}, "no option 'filter'.*Did you mean 'filters'"),
        ({"options": {"nonsense": 2}}, "no option 'nonsense'. There are augment, beta_1, filters"),
        ({"options": {"filters": "lots"}}, "recipes.small can't be built with filters='lots': "),
        ({"source": "nowhere"}, "There is no 'nowhere'. Give a folder"),
        ({"score": "lpips"}, "score must be one of .*'kid', 'fid'.*, got 'lpips'"),
        ({"extractor": "digits"}, "say which score"),
        ({"score": "kid", "extractor": "vgg"}, "extractor, unless it is a .keras file, must be"),
        ({"source": __file__}, "is no zip, tar, .npz or .npy"),
    ],
)
def test_errors_come_before_anything_is_written(settings, message, tmp_path):
    photos = write_photos(tmp_path / "photos")
    with pytest.raises(ValueError, match=message):
        quietly(tiny(**{"source": photos} | settings), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_the_folder_of_a_run_is_no_file(tmp_path):
    (tmp_path / "run").write_text("")
    with pytest.raises(ValueError, match=r"run' is a file\. Give a folder for the run"):
        quietly(tiny(write_photos(tmp_path / "photos")), tmp_path / "run")


def test_nothing_is_kept_of_a_gan_that_is_not_given():
    with pytest.raises(ValueError, match=r"give that as start \(--from\), too"):
        Settings("digits", freeze=2)


def test_pictures_of_larger_images_come_after_fewer_of_them():
    assert find_tick((28, 28, 1), 64) == find_tick((64, 64, 3), 64) == 100
    assert find_tick((128, 128, 3), 64) == 25
    assert find_tick((2000, 2000, 3), 64) == 1


def test_a_few_transparent_pictures_make_no_transparent_gan(tmp_path):
    photos = write_photos(tmp_path / "photos", 4)
    write_photos(photos / "clear", 2, mode="RGBA")
    assert find_data(tiny(photos), tmp_path).image_shape == (8, 8, 3)
    write_photos(photos / "clearer", 3, mode="RGBA")
    assert find_data(tiny(photos), tmp_path).image_shape == (8, 8, 4)


def test_three_images_are_too_few(tmp_path):
    with pytest.raises(ValueError, match="has 3 images"):
        quietly(tiny(write_photos(tmp_path / "photos", 3)), tmp_path / "run")


def test_large_images_and_options_choose_the_recipe(tmp_path):
    photos = write_photos(tmp_path / "photos", 50, (40, 40))
    settings = complete(Settings(str(photos), images=1000, options=TINY))
    found = find_data(settings, tmp_path)
    settings = choose(settings, found)
    assert (settings.recipe, settings.batch_size) == ("modern", 50)
    assert count_steps(settings, found) == 20
    gan = build(settings, found)
    assert gan.augment is not None  # images are few
    assert gan.latent_dim == 4


@pytest.mark.parametrize("quiet", [False, True])
def test_a_quiet_run_shows_no_progress(quiet, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(progress, "EVERY_IN_A_FILE", 0.0)
    settings = tiny(write_photos(tmp_path / "photos"), epochs=4)
    train(settings, tmp_path / "run", tell=None if quiet else print)
    assert ("left" in capsys.readouterr().out) is not quiet


def test_a_run_that_has_had_its_time_does_not_train(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_photos(tmp_path / "photos")
    command = ["train", "photos", "--out", "run", "--set", "filters=2", "--batch", "20"]
    main([*command, "--minutes", "0.05"])
    steps = gankit.load("run/model.keras").position.steps
    capsys.readouterr()
    for minutes in ("0.05", "0.01"):
        main([*command, "--minutes", minutes])
        said = capsys.readouterr().out
        assert f"The run has had its {minutes} minutes already." in said
        assert gankit.load("run/model.keras").position.steps == steps


def test_a_run_ends_with_a_picture_and_rates_of_0(tmp_path, monkeypatch):
    monkeypatch.setattr(session, "TICK", 4 * 20)  # a picture every four steps
    settings = tiny(write_photos(tmp_path / "photos"), epochs=3)  # 9 steps of 20 images
    gan = quietly(settings, tmp_path / "run")
    assert gan.position.steps == 8
    assert float(gan.generator_optimizer.learning_rate) == pytest.approx(0.0)
    assert quietly(settings, tmp_path / "run").position.steps == 8  # it is done
    with pytest.warns(match="decay_steps: 8 -> 16"):
        longer = quietly(replace(settings, epochs=5), tmp_path / "run")
    assert longer.position.steps == 16


def test_only_one_length():
    with pytest.raises(ValueError, match="Give one of minutes and epochs"):
        Settings("digits", minutes=1, epochs=2)


def start(folder, *arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "gankit", "train", *map(str, arguments)],
        cwd=folder,
        env=environment_of_processes() | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_a_run_from_a_shell_is_stopped_and_goes_on(number, status, tmp_path):
    photos = write_photos(tmp_path / "photos")
    options = ["--set", "filters=2", "--set", "latent_dim=4", "--batch", "20"]
    process = start(tmp_path, photos, "--minutes", "60", *options)
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob("run/checkpoints/epoch*")) and time.monotonic() < deadline:
        time.sleep(0.1)
    os.kill(process.pid, number)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == status
    if number == signal.SIGINT:
        assert "Stopped. To resume: gankit train --out run" in output
        page = (tmp_path / "run/report.html").read_text()
        assert "Ctrl-C stopped training. Run the same again to resume." in page
    steps = gankit.load(tmp_path / "run/checkpoints").steps_completed.numpy()
    again = start(tmp_path, "--minutes", "1e-9")
    output, errors = again.communicate(timeout=120)
    assert again.returncode == 0, errors
    gan = gankit.load(tmp_path / "run/model.keras")
    assert gan.steps_completed.numpy() >= steps
    assert "gankit generate run\n" in output
