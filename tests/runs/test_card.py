"""A run's card says what is known of it."""

import keras
import pytest
from helpers import make_gan

import gankit
from gankit.__main__ import main
from gankit.runs import Settings, write_card


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "frogs"
    (folder / "samples").mkdir(parents=True)
    (folder / "samples/epoch_0009.png").touch()
    (folder / "model.keras").touch()
    (folder / "losses.csv").write_text("epoch,evaluation_images,fid\n0,2560,99\n1,2560,12.345\n")
    settings = {"size": (32, 64), "recipe": "small", "minutes": 60.0, "batch_size": 64}
    Settings("photos", **settings).write(folder)
    return folder


def test_a_card_says_what_is_known(run, capsys):
    main(["card", str(run)])
    assert capsys.readouterr().out.startswith(f"{run / 'README.md'}: add what the data are")
    text = (run / "README.md").read_text()
    assert "# frogs\n\nA GAN that draws 32x64 images, trained" in text
    assert "![Samples, not picked](samples/epoch_0009.png)" in text
    assert "| length | 60 minutes |" in text
    assert "| FID | 12.35, of 2560 images |" in text
    assert 'gankit.load("model.keras")' in text


def test_a_card_that_is_there_stays(run):
    (run / "README.md").write_text("mine")
    with pytest.raises(FileExistsError, match="Delete it to write a new one"):
        write_card(run)
    assert (run / "README.md").read_text() == "mine"


def test_a_run_without_a_model_has_no_card(run):
    (run / "model.keras").unlink()
    with pytest.raises(ValueError, match="Resume it with gankit train"):
        write_card(run)


def test_addresses_of_hugging_face_go_to_keras(monkeypatch):
    asked = []
    gan = make_gan()
    monkeypatch.setattr(
        keras.models, "load_model", lambda *given, **more: asked.append(given) or gan
    )
    assert gankit.load("hf://user/model") is gan
    assert asked == [("hf://user/model", None)]
