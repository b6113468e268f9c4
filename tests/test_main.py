"""The command line does what the same calls in a script do."""

import json
import re
import shutil
import subprocess

import keras
import numpy as np
import pytest
from helpers import (
    IMAGE_SHAPE,
    make_conditional_networks,
    make_images,
    make_networks_of_codes,
    make_plain_networks,
    make_translating_networks,
    run_process,
)
from PIL import Image

import gankit
from gankit import callbacks
from gankit.__main__ import build_parser, main
from gankit.commands import COMMANDS
from gankit.commands.evaluate import find_extractor
from gankit.commands.generate import arrange
from gankit.grids import to_uint8
from gankit.metrics import extractors, measure
from gankit.training.exporting import FORMATS

OWN_VARIANT = """
import keras
import gankit

@keras.saving.register_keras_serializable(package="mine")
class MyGAN(gankit.GAN):
    pass
"""


@pytest.fixture
def model(tmp_path):
    gan = gankit.GAN(*make_plain_networks(), seed=0)
    gan.compile()
    gan.save(tmp_path / "gan.keras")
    return tmp_path / "gan.keras"


@pytest.fixture
def conditional(tmp_path):
    gan = gankit.GAN(*make_conditional_networks(), seed=0)
    gan.save(tmp_path / "conditional.keras")
    return tmp_path / "conditional.keras"


@pytest.fixture
def own_variant(tmp_path):
    """A file of a class that is registered in a module of one's own."""
    (tmp_path / "my_gans.py").write_text(OWN_VARIANT)
    make = "import my_gans, helpers; my_gans.MyGAN(*helpers.make_plain_networks()).save('a.keras')"
    run_process(["-c", make], tmp_path)
    return tmp_path / "a.keras"


def refused(arguments, capsys):
    """Returns what is said of arguments with which a command can't work: a line, and a 2."""
    with pytest.raises(SystemExit) as error:
        main(list(map(str, arguments)))
    assert error.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    return said


def shown(images, **options):
    """Returns the grid that the shell writes of images."""
    return gankit.make_grid(images, scale="auto", **options)


def read(path):
    return np.asarray(Image.open(path))


def test_generate_is_a_process_that_writes_a_grid(model, tmp_path):
    said = run_process(
        ["-m", "gankit", "generate", model, "--num", 6, "--seed", 3, "--out", "a/grid.png"],
        tmp_path,
    )
    assert said == "6 images: a/grid.png\n"
    expected = shown(gankit.load(model).generate(6, seed=3))
    np.testing.assert_array_equal(read(tmp_path / "a/grid.png"), expected[..., 0])


def test_generate_keeps_the_best(model, tmp_path):
    out = tmp_path / "best.png"
    main(["generate", str(model), "--num", "4", "--best", "0.3", "--seed", "0", "--out", str(out)])
    # Of 4 images at most 30 % of those that were made: 4 of 16.
    expected = shown(gankit.load(model).generate_best(4, out_of=16, seed=0))
    np.testing.assert_array_equal(read(out), expected[..., 0])


def test_generate_takes_conditions_in_turns(conditional, tmp_path):
    out = tmp_path / "grid.png"
    arguments = ["--num", "5", "--seed", "1", "--condition", "2", "0", "--out", str(out)]
    main(["generate", str(conditional), *arguments])
    images = gankit.load(conditional).generate(condition=[2, 0, 2, 0, 2], seed=1)
    np.testing.assert_array_equal(read(out), shown(images, columns=8)[..., 0])


def test_generate_makes_all_classes_where_none_is_asked_for(conditional, tmp_path):
    out = tmp_path / "grid.png"
    main(["generate", str(conditional), "--seed", "1", "--out", str(out)])
    # Three classes, three times side by side, in eight rows.
    images = gankit.load(conditional).generate(condition=np.arange(72) % 3, seed=1)
    np.testing.assert_array_equal(read(out), shown(images, columns=9)[..., 0])
    main(["generate", str(conditional), "--num", "4", "--out", str(tmp_path / "images")])
    assert len(list((tmp_path / "images").iterdir())) == 4


@pytest.mark.parametrize(
    ("num_rows", "expected"),
    [
        (1, (64, None)),
        (2, (64, 8)),
        (3, (72, 9)),
        (5, (80, 10)),
        (10, (80, 10)),
        (16, (128, 16)),
        (17, (17, None)),
        (1000, (1000, None)),
    ],
)
def test_each_class_has_a_column(num_rows, expected):
    assert arrange(list(range(num_rows))) == expected


def test_conditions_that_are_real_numbers(tmp_path):
    latents, condition = keras.Input((4,), name="latents"), keras.Input((1,), name="condition")
    joined = keras.layers.concatenate([latents, condition])
    images = keras.layers.Reshape(IMAGE_SHAPE)(keras.layers.Dense(64, "tanh")(joined))
    _, discriminator = make_plain_networks()
    gan = gankit.GAN(keras.Model([latents, condition], images), discriminator, seed=0)
    gan.save(tmp_path / "gan.keras")
    for arguments, value in [
        (["--condition", "0.4"], 0.4),
        (["--condition=-0.4"], -0.4),
        (["--condition", "-1"], -1.0),
    ]:
        out = tmp_path / "grid.png"
        command = ["generate", str(tmp_path / "gan.keras"), "--num", "4", "--seed", "0"]
        main([*command, *arguments, "--out", str(out)])
        expected = shown(gan.generate(condition=[[value]] * 4, seed=0))
        np.testing.assert_array_equal(read(out), expected[..., 0])


def test_a_condition_that_the_gan_draws_itself(tmp_path):
    gankit.InfoGAN(*make_networks_of_codes()).save(tmp_path / "gan.keras")
    out = tmp_path / "grid.png"
    main(["generate", str(tmp_path / "gan.keras"), "--seed", "0", "--out", str(out)])
    images = gankit.load(tmp_path / "gan.keras").generate(64, seed=0)
    np.testing.assert_array_equal(read(out), shown(images)[..., 0])


def test_a_condition_of_images_can_t_be_made_up(tmp_path, capsys):
    gankit.Pix2Pix(*make_translating_networks()).save(tmp_path / "gan.keras")
    said = refused(["generate", tmp_path / "gan.keras"], capsys)
    assert "This generator takes a condition" in said


def test_the_embedded_digits_need_no_arguments(tmp_path):
    said = run_process(["-m", "gankit", "generate", "digits"], tmp_path)
    assert said == "80 images: generated.png\n"
    assert read(tmp_path / "generated.png").shape == (2 * (8 * 30 - 2), 2 * (10 * 30 - 2))


def test_the_embedded_digits_are_filmed_and_measured(tmp_path, capsys):
    film = str(tmp_path / "film.gif")
    main(["interpolate", "digits", "--num", "10", "--stops", "2", "--steps", "2", "--out", film])
    with Image.open(film) as frames:
        assert frames.n_frames == 4
    options = ["--num", "50", "--metrics", "class_accuracy"]
    main(["evaluate", "digits", "--real", "digits", *options])
    (accuracy,) = re.findall(r"class_accuracy (\S+)", capsys.readouterr().out)
    assert float(accuracy) > 0.9  # of classes that nobody named


def test_generate_truncates_what_the_seed_draws(model, tmp_path):
    out = tmp_path / "clear.npz"
    options = ["--num", "4", "--truncation", "0.5", "--seed", "0", "--out", str(out)]
    main(["generate", str(model), *options])
    gan = gankit.load(model)
    images = gan.generate(4, seed=0, truncation=0.5)
    assert (images != gan.generate(4, seed=0)).any()
    with np.load(out) as file:
        np.testing.assert_array_equal(file["images"], to_uint8(images, (-1, 1)))


def test_truncation_is_for_normal_latents(tmp_path, capsys):
    gankit.GAN(*make_plain_networks(), latent_prior="uniform").save(tmp_path / "gan.keras")
    with pytest.raises(SystemExit):
        main(["generate", str(tmp_path / "gan.keras"), "--truncation", "1"])
    assert "Truncation is for normal latents" in capsys.readouterr().err


def test_generate_keeps_the_best_of_a_class(conditional, tmp_path):
    out = tmp_path / "grid.png"
    arguments = ["--num", "4", "--best", "0.5", "--seed", "0", "--condition", "2"]
    main(["generate", str(conditional), *arguments, "--out", str(out)])
    images = gankit.load(conditional).generate_best(4, out_of=8, condition=[2] * 4, seed=0)
    np.testing.assert_array_equal(read(out), shown(images)[..., 0])


def test_generate_writes_a_folder_of_images(model, tmp_path):
    main(["generate", str(model), "--num", "3", "--out", str(tmp_path / "images")])
    assert [read(path).shape for path in sorted((tmp_path / "images").iterdir())] == [(8, 8)] * 3


def test_generate_writes_an_archive(model, tmp_path):
    out = tmp_path / "images.npz"
    main(["generate", str(model), "--num", "3", "--seed", "0", "--out", str(out)])
    shares = (gankit.load(model).generate(3, seed=0) + 1) / 2
    with np.load(out) as loaded:
        np.testing.assert_array_equal(loaded["images"], np.round(255 * shares))


def test_interpolate_films_closed_ways(model, tmp_path):
    arguments = ["--num", "2", "--stops", "3", "--steps", "4", "--seed", "0"]
    main(["interpolate", str(model), *arguments, "--out", str(tmp_path / "film.gif")])
    with Image.open(tmp_path / "film.gif") as film:
        assert film.n_frames == 3 * 4
        frames = []
        for number in range(film.n_frames):
            film.seek(number)
            frames.append(np.asarray(film.convert("L"), float))
    steps = [np.abs(b - a).mean() for a, b in zip(frames, [*frames[1:], frames[0]], strict=True)]
    assert steps[-1] < 2 * np.median(steps)  # the last frame is beside the first one
    assert min(steps) > 0


def test_evaluate_measures_as_a_script_does(tmp_path, capsys):
    generator = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(784, "tanh"), keras.layers.Reshape((28, 28, 1))]
    )
    discriminator = keras.Sequential(
        [keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(1)]
    )
    gan = gankit.GAN(generator, discriminator)
    gan.save(tmp_path / "gan.keras")
    options = ["--real", "digits", "--num", "50", "--metrics", "kid", "precision_recall"]
    out = tmp_path / "values.json"
    main(["evaluate", str(tmp_path / "gan.keras"), *options, "--seed", "0", "--out", str(out)])
    digits, _ = gankit.data.sample_digits()
    expected = measure(
        digits[:50],
        gan.generate(50, seed=0),
        ["kid", "precision_recall"],
        extractor=extractors.digits(),
    )
    assert json.loads(out.read_text()) == pytest.approx(expected)
    assert f"precision {expected['precision']:.6g}\n" in capsys.readouterr().out


def test_evaluate_reads_a_folder_with_a_network_of_ones_own(model, tmp_path, capsys):
    gankit.save_images(make_images(12), tmp_path / "photos")
    extractor = keras.Sequential([keras.Input(IMAGE_SHAPE), keras.layers.Flatten()])
    extractor.save(tmp_path / "extractor.keras")
    photos, own = str(tmp_path / "photos"), str(tmp_path / "extractor.keras")
    options = ["--real", photos, "--extractor", own, "--num", "20", "--metrics", "kid"]
    main(["evaluate", str(model), *options])
    assert "12 real images, 20 generated ones, extractor" in capsys.readouterr().out


def test_the_advice_about_a_damaged_photo_can_be_followed(model, tmp_path, capsys):
    gankit.save_images(make_images(12), tmp_path / "photos")
    (tmp_path / "photos/damaged.png").write_bytes(b"no picture")
    command = ["evaluate", str(model), "--real", str(tmp_path / "photos"), "--num", "13"]
    extractor = keras.Sequential([keras.Input(IMAGE_SHAPE), keras.layers.Flatten()])
    extractor.save(tmp_path / "extractor.keras")
    command += ["--metrics", "spread", "--extractor", str(tmp_path / "extractor.keras")]
    with pytest.raises(SystemExit):
        main(command)
    (advice,) = re.findall(r"\((.*) in a shell\)", capsys.readouterr().err)
    with pytest.warns(UserWarning, match="They are left out"):
        main([*command, *advice.split()])
    assert "12 real images" in capsys.readouterr().out


def test_inceptions_weights_come_from_a_file(tmp_path, monkeypatch):
    (tmp_path / "inception.h5").touch()
    given = []
    monkeypatch.setattr("gankit.metrics.extractors.inception", given.append)
    find_extractor("inception", str(tmp_path / "inception.h5"), "clean")
    assert given == [str(tmp_path / "inception.h5")]


def test_evaluate_knows_which_classes_were_asked_for(tmp_path, capsys):
    latents, condition = keras.Input((4,), name="latents"), keras.Input((), name="condition")
    images = keras.layers.Dense(784, "tanh")(latents)
    generator = keras.Model([latents, condition], keras.layers.Reshape((28, 28, 1))(images))
    discriminator = keras.Sequential(
        [keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(1)]
    )
    gankit.GAN(generator, discriminator).save(tmp_path / "gan.keras")
    options = ["--real", "digits", "--num", "20", "--metrics", "class_accuracy"]
    main(["evaluate", str(tmp_path / "gan.keras"), *options, "--condition", "0", "1", "2"])
    assert "class_accuracy" in capsys.readouterr().out


def test_volumes_are_drawn(tmp_path):
    generator = gankit.architectures.gan_3d.build_generator((8, 8, 8, 1), latent_dim=4, filters=4)
    discriminator = gankit.architectures.gan_3d.build_discriminator((8, 8, 8, 1), filters=4)
    gankit.GAN3D(generator, discriminator).save(tmp_path / "gan.keras")
    main(["generate", str(tmp_path / "gan.keras"), "--num", "1", "--out", str(tmp_path / "a.png")])
    assert read(tmp_path / "a.png").shape == (4 * 128, 4 * 128, 3)


def test_without_a_command_all_are_listed(capsys):
    main([])
    listed = capsys.readouterr().out
    assert all(f"\n    {name} " in listed for name in COMMANDS)


def test_a_variant_of_ones_own_is_imported(own_variant, tmp_path):
    run_process(["-m", "gankit", "generate", own_variant, "--import", "my_gans"], tmp_path)
    assert (tmp_path / "generated.png").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["genrate", "digits"], "Did you mean 'generate'?"),
        (["generate"], "MODEL"),
        (["generate", "nothing.keras"], "no file 'nothing.keras'"),
        (["generate", "digit"], "Did you mean 'digits'?"),
        (["generate", "MODEL", "--sede", "0"], "Did you mean '--seed'"),
        (["generate", "MODEL", "--seed", "-1"], "must be an integer of at least 0, got '-1'"),
        (["generate", "MODEL", "--condition", "7"], "takes no condition"),
        (["generate", "MODEL", "--condition", "seven"], "must be a class, such as 7"),
        (["generate", "MODEL", "--condition", "nan"], "must be a class, such as 7"),
        (["generate", "MODEL", "--condition", "1", "0,1"], "as many numbers as the others"),
        (["generate", "MODEL", "--num", "0"], "must be an integer of at least 1, got '0'"),
        (["generate", "MODEL", "--best", "0"], "must be a share"),
        (["generate", "MODEL", "--truncation", "0"], "must be a number above 0"),
        (["generate", "MODEL", "--best", "1.5"], "must be a share"),
        (["generate", "MODEL", "--best", "many"], "must be a share"),
        (["generate", "MODEL", "--import", "no_such_module"], "no module 'no_such_module'"),
        (["generate", "MODEL", "--out", "grid.foo"], "such as .png or .jpg"),
        (["generate", "MODEL", "--out", "."], "must be a new or empty folder"),
        (["interpolate", "MODEL", "--out", "film.mp4"], "must end in .gif, such as film.gif"),
        (["interpolate", "MODEL", "--stops", "1"], "must be an integer of at least 2, got '1'"),
        (["evaluate", "MODEL"], "--real"),
        (["evaluate", "MODEL", "--real", "nowhere", "--extractor", "digits"], "nowhere"),
        (["evaluate", "MODEL", "--real", "digits", "--metrics", "fidd"], "Did you mean 'fid'?"),
        (["evaluate", "MODEL", "--real", "digits", "--extractor", "vgg"], "must be one of"),
        (["evaluate", "MODEL", "--real", "digits", "--out", "fid.txt"], "such as fid.json"),
        (["evaluate", "digits", "--real", "digits", "--weights", "w.h5"], "goes with --extractor"),
        (["export", "MODEL"], "--to"),
        (["export", "MODEL", "--to", "onnyx"], "Did you mean 'onnx'?"),
        (["train", "digits", "--minuts", "3"], "Did you mean '--minutes'?"),
        (["export", "MODEL", "--to", "onnx", "--out", "a.tflite"], "such as a.onnx, got a.tflite"),
        (["export", "MODEL", "--to", "onnx", "--network", "critic"], "choose from"),
        (["export", "MODEL", "--to", "keras", "--seed", "0"], "nothing like '--seed'"),
        (["export", "MODEL", "--to", "npz", "--out", "MODEL/a.npz"], "A file is where a folder"),
        (["explore", "MODEL", "--port", "65536"], "must be at most 65535, got '65536'"),
        (["translate", "MODEL", "."], "does not turn a photo into one of the same size"),
        (["card", "nowhere"], "'nowhere' isn't the folder of a run. Give one that gankit train"),
    ],
)
def test_wrong_arguments_are_refused_in_a_line(model, arguments, said, capsys, monkeypatch):
    monkeypatch.chdir(model.parent)
    given = [argument.replace("MODEL", str(model)) for argument in arguments]
    assert said in refused(given, capsys)
    assert list(model.parent.iterdir()) == [model]  # nothing was written


def test_what_the_machine_refuses_ends_with_1(model, monkeypatch):
    def full(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr("PIL.Image.Image.save", full)
    with pytest.raises(SystemExit, match="error: No space left on device"):
        main(["generate", str(model), "--out", str(model.with_name("grid.png"))])


def test_a_variant_that_is_not_imported(own_variant, capsys):
    said = refused(["generate", own_variant], capsys)
    assert re.search(r"Could not locate class 'MyGAN'.*--import MODULE", said)
    assert len(said) < 1000


def test_version(capsys):
    with pytest.raises(SystemExit) as error:
        main(["--version"])
    assert error.value.code == 0
    assert capsys.readouterr().out == f"gankit {gankit.__version__}\n"


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash completes here")
@pytest.mark.parametrize(
    ("words", "completed"),
    [("tr", "train translate"), ("train pho", "photos"), ("train photos --fit p", "pad")],
)
def test_a_shell_completes_commands(words, completed, tmp_path, capsys, monkeypatch):
    pytest.importorskip("shtab")
    (tmp_path / "photos").mkdir()
    monkeypatch.setattr("sys.argv", ["gankit"])
    with pytest.raises(SystemExit) as ended:
        main(["--print-completion", "bash"])
    assert ended.value.code == 0
    typed = f"COMP_WORDS=(gankit {words}); COMP_CWORD={len(words.split())}; _shtab_gankit"
    script = f'{capsys.readouterr().out}\n{typed}\necho "${{COMPREPLY[*]}}"'
    shell = ["bash", "--norc", "-c", script]
    finished = subprocess.run(shell, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert finished.stdout.strip() == completed


def test_a_folder_of_checkpoints_is_a_model(tmp_path):
    gan = gankit.GAN(*make_plain_networks(), seed=0)
    gan.compile()
    checkpoint = callbacks.Checkpoint(tmp_path / "run")
    gan.fit(make_images(8), verbose=0, callbacks=[checkpoint])
    main(["generate", str(tmp_path / "run"), "--num", "2", "--out", str(tmp_path / "grid.png")])
    assert (tmp_path / "grid.png").exists()


def test_export_writes_a_network_and_says_how_near_it_is(model, monkeypatch, capsys):
    monkeypatch.chdir(model.parent)
    main(["export", "gan.keras", "--to", "npz"])
    said = capsys.readouterr().out
    assert re.fullmatch(
        r"generator: generator.npz\n"
        r"Checked by running it: no output differs by more than \S+ of the largest one.\n",
        said,
    )
    main(["export", "gan.keras", "--to", "keras", "--network", "discriminator", "--quiet"])
    images = make_images(2)
    scores = keras.models.load_model("discriminator.keras")(images)[:, 0]
    np.testing.assert_allclose(scores, gankit.load(model).score(images), atol=1e-5)
    assert capsys.readouterr().out == ""


def test_export_without_a_runtime_says_so(model, tmp_path, monkeypatch, capsys):
    unchecked = FORMATS["npz"]._replace(load=missing, packages="numpy")
    monkeypatch.setitem(FORMATS, "npz", unchecked)
    main(["export", str(model), "--to", "npz", "--out", str(tmp_path / "a.npz")])
    assert "Not checked: what runs it is missing. pip install numpy" in capsys.readouterr().out


def test_export_ends_with_1_for_a_file_that_is_wrong(model, monkeypatch):
    monkeypatch.chdir(model.parent)
    wrong = FORMATS["npz"]._replace(load=lambda *_: lambda rows: [np.zeros((1, *IMAGE_SHAPE))])
    monkeypatch.setitem(FORMATS, "npz", wrong)
    with pytest.raises(SystemExit, match=r"error: The npz file of .* computes something else"):
        main(["export", "gan.keras", "--to", "npz"])
    monkeypatch.setitem(FORMATS, "npz", FORMATS["npz"]._replace(write=missing))
    with pytest.raises(SystemExit, match="error: To write npz, a package is missing"):
        main(["export", "gan.keras", "--to", "npz"])
    assert list(model.parent.iterdir()) == [model]


def missing(*_):
    raise ModuleNotFoundError("No module named 'numpy'")


@pytest.mark.parametrize("name", COMMANDS)
def test_help_ends_with_examples_that_can_be_read(name, capsys):
    with pytest.raises(SystemExit):
        main([name, "--help"])
    examples = capsys.readouterr().out.split("examples:\n")[1].splitlines()
    assert 2 <= len(examples) <= 3
    for example in examples:
        build_parser().parse_args(example.split("gankit ")[1].split())


def test_quiet_and_json_for_scripts(model, tmp_path, capsys):
    main(["generate", str(model), "--quiet", "--out", str(tmp_path / "grid.png")])
    film = str(tmp_path / "film.gif")
    main(["interpolate", str(model), "--num", "1", "--steps", "1", "--quiet", "--out", film])
    assert capsys.readouterr().out == ""
    evaluate = ["evaluate", "digits", "--real", "digits", "--num", "20", "--metrics", "spread"]
    main([*evaluate, "--json", "--seed", "0"])
    values = json.loads(capsys.readouterr().out)
    main([*evaluate, "--quiet", "--seed", "0"])
    assert capsys.readouterr().out == f"spread {values['spread']:.6g}\n"


def test_json_has_no_infinity(capsys):
    # Five real digits lack classes that five generated ones show: an infinite divergence.
    options = ["--num", "5", "--metrics", "mode_coverage", "--json", "--seed", "0"]
    main(["evaluate", "digits", "--real", "digits", *options])
    values = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert values["class_divergence"] is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train"], "What to train on? Give a folder of images."),
        (["train", "nowhere"], "There is no 'nowhere'. Give a folder of images, a zip or tar"),
        (["train", "digits", "--size", "3"], "must be one number of at least 8, such as 64"),
        (["train", "digits", "--images", "many"], "must be a number such as 500k or 2M"),
        (["train", "digits", "--minutes", "0"], "must be a number above 0, such as 30"),
        (["train", "digits", "--set", "filters"], "must be NAME=VALUE, such as filters=64"),
        (["train", "digits", "--epochs", "1", "--minutes", "2"], "not allowed with argument"),
        (["train", "digits", "--config", "none.json"], "There is no file 'none.json'."),
    ],
)
def test_wrong_arguments_of_train_say_what_to_write(
    arguments, message, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as error:
        main(arguments)
    assert error.value.code == 2
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_leaves_no_traceback(monkeypatch, capsys):
    monkeypatch.setattr("gankit.commands.generate.load", interrupted)
    with pytest.raises(SystemExit) as error:
        main(["generate", "digits"])
    assert error.value.code == 130
    assert capsys.readouterr() == ("", "")


def test_a_run_that_is_stopped_before_it_began_names_nothing_to_resume(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr("gankit.commands.train.train", interrupted)
    with pytest.raises(SystemExit) as error:
        main(["train", "digits", "--out", str(tmp_path / "run")])
    assert error.value.code == 130
    assert capsys.readouterr().out == "\nStopped before the run began. Nothing was written.\n"


def interrupted(*_, **__):
    raise KeyboardInterrupt


def test_two_folders_are_compared(tmp_path, capsys):
    for name, seed in (("made", 0), ("photos", 1)):
        gankit.save_images(make_images(20, (12, 12, 3), seed), tmp_path / name)
    extractor = keras.Sequential([keras.Input((12, 12, 3)), keras.layers.Flatten()])
    extractor.add(keras.layers.Dense(3))
    extractor.save(tmp_path / "extractor.keras")
    folders = [str(tmp_path / "made"), "--real", str(tmp_path / "photos")]
    main(["evaluate", *folders, "--extractor", str(tmp_path / "extractor.keras")])
    output = capsys.readouterr().out
    assert "20 real images, 20 others" in output
    assert re.search(r"^fid [\d.]+$", output, re.MULTILINE)
