"""The page of ``gankit explore``: what it asks of a GAN, who may ask, and how it behaves."""

import io
import json
import shutil
import subprocess
import threading
import urllib.error
import urllib.request

import numpy as np
import pytest
from helpers import (
    LATENT_DIM,
    make_dcgan_of_classes,
    make_gan,
    make_networks,
    make_translating_networks,
)
from PIL import Image

import gankit
from gankit import latents
from gankit.exploring import Server, Studio


def read_picture(content):
    return np.asarray(Image.open(io.BytesIO(content)))


def test_pictures_are_those_of_generate():
    gan = make_gan(make_networks, generator_ema=0.9)
    rows = np.random.default_rng(0).normal(size=(3, LATENT_DIM)).astype("float32")
    images = read_picture(Studio(gan).picture(rows.tolist(), 0)).reshape(3, 8, 8)
    expected = (gan.generate(latents=rows)[..., 0] + 1) * 127.5
    np.testing.assert_allclose(images, expected, atol=0.51)
    large = read_picture(Studio(gan).picture(rows[:1].tolist(), 0, scale=4))
    np.testing.assert_array_equal(large, images[0].repeat(4, 0).repeat(4, 1))


def test_classes():
    gan = make_gan(make_dcgan_of_classes)
    studio = Studio(gan)
    assert studio.num_classes == 3
    rows = np.ones((1, LATENT_DIM), "float32")
    expected = (gan.generate(latents=rows, condition=[2])[0, ..., 0] + 1) * 127.5
    np.testing.assert_allclose(studio.images(rows, 2)[0, ..., 0], expected, atol=0.51)
    with pytest.raises(ValueError, match="no class 3"):
        studio.images(rows, 3)


def test_a_film_goes_there_and_back():
    rows = Studio(make_gan()).sample(2, seed=1)
    film = Image.open(io.BytesIO(Studio(make_gan()).film(*rows, 0)))
    assert film.n_frames > 20
    assert film.format == "GIF"


@pytest.mark.parametrize("rows", [[], [[0.0]], [[float("nan")] * LATENT_DIM], "text"])
def test_latents_that_do_not_fit(rows):
    with pytest.raises(ValueError):  # noqa: PT011 (NumPy says what is no number)
        Studio(make_gan()).images(rows, 0)


def test_gans_without_latents():
    gan = make_gan(make_translating_networks, variant=gankit.Pix2Pix)
    with pytest.raises(ValueError, match="no latents to explore"):
        Studio(gan)
    with pytest.raises(ValueError, match="takes no latents"):
        latents.find_directions(gan, 2)


def test_directions_are_those_that_the_first_layer_stretches_most():
    gan = make_gan()
    directions = latents.find_directions(gan, LATENT_DIM)
    np.testing.assert_allclose(directions @ directions.T, np.eye(LATENT_DIM), atol=1e-6)
    kernel = next(layer.kernel for layer in gan.generator.layers if hasattr(layer, "kernel"))
    lengths = np.linalg.norm(directions @ np.array(kernel), axis=1)
    expected = np.linalg.svd(np.array(kernel), compute_uv=False)
    np.testing.assert_allclose(lengths, expected, rtol=1e-4)
    assert (np.diff(lengths) <= 1e-6).all()
    with pytest.raises(ValueError, match="at most latent_dim, 4, got 5"):
        latents.find_directions(gan, 5)


@pytest.fixture
def server():
    with Server(Studio(make_gan(make_dcgan_of_classes))) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def ask(address, question=None):
    data = None if question is None else json.dumps(question).encode()
    with urllib.request.urlopen(urllib.request.Request(address, data), timeout=30) as answer:
        return answer.read()


def status_of(address, question=None):
    with pytest.raises(urllib.error.HTTPError) as error:
        ask(address, question)
    return error.value.code


def test_a_server_answers_who_knows_its_token(server):
    assert b"<title>Explore a GAN</title>" in ask(server.address)
    about = json.loads(ask(server.address + "about"))
    assert (about["latent_dim"], about["num_classes"], about["height"]) == (LATENT_DIM, 3, 8)
    rows = json.loads(ask(server.address + "sample", {"number": 5, "seed": 1}))
    assert np.shape(rows) == (5, LATENT_DIM)
    picture = ask(server.address + "images", {"latents": rows, "label": 1})
    assert read_picture(picture).shape == (40, 8)
    film = ask(server.address + "film", {"start": rows[0], "end": rows[1]})
    assert film.startswith(b"GIF89a")


def test_a_server_refuses_others(server):
    elsewhere = server.address.replace(server.token, "x" * len(server.token))
    assert status_of(elsewhere) == 404
    assert status_of(elsewhere + "images", {"latents": [[0] * LATENT_DIM]}) == 404
    assert status_of(server.address + "../etc/passwd") == 404
    assert server.server_address[0] == "127.0.0.1"


@pytest.mark.parametrize(
    "question", [{}, {"latents": [[1, 2]]}, {"latents": "x"}, {"latents": [], "label": "many"}, []]
)
def test_a_server_says_what_is_wrong_with_a_question(server, question):
    assert status_of(server.address + "images", question) == 400
    assert ask(server.address)  # and goes on


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Chromium")
def test_the_page_draws_in_a_browser_and_asks_nobody_else(server, tmp_path):
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    for attempt in range(3):  # the budget may be spent before a busy machine has drawn
        finished = subprocess.run(
            [
                *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
                *quiet,
                *("--enable-logging=stderr", "--virtual-time-budget=20000", "--dump-dom"),
                *(f"--user-data-dir={tmp_path / str(attempt)}", server.address),
            ],
            capture_output=True,
            text=True,
            timeout=120,
        )
        if 'data-ready="true"' in finished.stdout:
            break
    assert 'data-ready="true"' in finished.stdout
    assert finished.stdout.count("<canvas") == 25
    assert finished.stdout.count("<label>Direction ") == LATENT_DIM
    assert "CONSOLE" not in finished.stderr


def test_a_page_that_was_closed_leaves_no_traceback(server, capsys):
    for error in (BrokenPipeError, ConnectionResetError):
        try:
            raise error
        except error:
            server.handle_error(None, ("127.0.0.1", 1))
    assert capsys.readouterr().err == ""
    try:
        raise RuntimeError("a fault")
    except RuntimeError:
        server.handle_error(None, ("127.0.0.1", 1))
    assert "RuntimeError: a fault" in capsys.readouterr().err
