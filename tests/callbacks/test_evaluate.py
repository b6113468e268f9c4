import csv

import keras
import numpy as np
import pytest
from helpers import (
    all_state,
    make_conditional_networks,
    make_dataset,
    make_gan,
    make_images,
    run_python,
)

from gankit import callbacks, data, metrics

REAL = make_images(30, seed=1)
VALUES = {"kid", "kid_std", "spread", "evaluation_images", "evaluation_step"}


def make_extractor():
    images = keras.Input((8, 8, 1))
    x = keras.layers.Flatten()(keras.layers.AveragePooling2D(4)(images))
    return keras.Model(images, [x, keras.layers.Dense(3, "softmax")(x)], name="small")


def make_evaluate(metrics=("kid",), real=REAL, **options):
    options = {"extractor": make_extractor(), "num_images": 20, "verbose": 0} | options
    return callbacks.Evaluate(metrics, real, **options)


def generated(evaluate):
    return np.concatenate([*evaluate.generate(evaluate.num_images)])


def test_values_are_those_of_the_generated_images():
    gan, evaluate = make_gan(generator_ema=0.5), make_evaluate(["kid", "precision_recall"])
    history = gan.fit(make_dataset(), epochs=2, verbose=0, callbacks=[evaluate]).history
    expected = metrics.measure(
        REAL,
        generated(evaluate),
        ["kid", "precision_recall", "spread"],
        extractor=evaluate.extractor,
    )
    for name, value in expected.items():
        np.testing.assert_allclose(history[name][-1], value, rtol=1e-4, err_msg=name)
    assert history["evaluation_images"] == [20, 20]
    assert history["evaluation_step"] == [4, 8]
    assert history["kid"][0] != history["kid"][1]


def test_the_average_generator_is_evaluated_unless_told_otherwise():
    gan = make_gan(generator_ema=0.5)
    both = [make_evaluate(), make_evaluate(ema=False)]
    gan.fit(make_dataset(), verbose=0, callbacks=both)
    averaged, current = (generated(evaluate) for evaluate in both)
    assert not np.array_equal(averaged, current)
    gan.generator.set_weights(gan.ema_generator.get_weights())
    np.testing.assert_array_equal(generated(both[1]), averaged)


def test_the_floor_is_what_real_images_are_worth(capsys):
    evaluate = make_evaluate(["kid", "fid"], verbose=1)
    make_gan().fit(make_dataset(), epochs=1, verbose=0, callbacks=[evaluate])
    values = evaluate.real.values[np.random.default_rng(0).permutation(30)]
    expected = metrics.frechet_distance(values[:15], values[15:])
    assert evaluate.floor["fid"] == pytest.approx(expected)
    assert set(evaluate.floor) == {"fid", "kid", "spread"}
    assert "One half of the real images against the other: kid" in capsys.readouterr().out


def test_a_floor_of_too_few_images_is_left_out():
    evaluate = make_evaluate(["fid"], real=REAL[:7])
    make_gan().fit(make_dataset(), epochs=1, verbose=0, callbacks=[evaluate])
    assert set(evaluate.floor) == {"spread"}  # 4 and 3 images, 4 features


def test_images_come_in_chunks_that_differ(monkeypatch):
    gan, evaluate = make_gan(), make_evaluate(num_images=25)
    evaluate.set_model(gan)
    monkeypatch.setattr("gankit.callbacks.evaluate.CHUNK", 10)
    chunks = [*evaluate.generate(25)]
    assert [len(chunk) for chunk in chunks] == [10, 10, 5]
    assert len(np.unique(np.concatenate(chunks), axis=0)) == 25
    np.testing.assert_array_equal(np.concatenate(chunks[:1]), next(iter(evaluate.generate(10))))


def test_training_goes_on_as_if_without(tmp_path):
    gans = []
    for used in ([], [make_evaluate()]):
        keras.utils.set_random_seed(0)
        gan = make_gan()
        gan.fit(make_dataset(), epochs=2, verbose=0, callbacks=used)
        gans.append(all_state(gan))
    for name in gans[0]:
        np.testing.assert_array_equal(gans[0][name], gans[1][name], err_msg=name)


def test_callbacks_of_keras_find_the_values_in_any_order(tmp_path):
    gan = make_gan()
    history = gan.fit(
        make_dataset(),
        epochs=9,
        verbose=0,
        callbacks=[
            keras.callbacks.ModelCheckpoint(
                tmp_path / "{epoch}_{kid:.3f}.keras", monitor="kid", mode="min", save_best_only=True
            ),
            keras.callbacks.CSVLogger(tmp_path / "log.csv"),
            keras.callbacks.EarlyStopping("evaluation_step", mode="min", patience=2),
            make_evaluate(),
        ],
    ).history
    assert len(history["kid"]) == 3  # steps only become more
    best = min(history["kid"])
    first = f"1_{history['kid'][0]:.3f}.keras"
    assert (tmp_path / first).exists()
    epoch = history["kid"].index(best) + 1
    assert isinstance(keras.models.load_model(tmp_path / f"{epoch}_{best:.3f}.keras"), type(gan))
    rows = [*csv.DictReader((tmp_path / "log.csv").open())]
    np.testing.assert_allclose([float(row["kid"]) for row in rows], history["kid"])
    assert set(rows[0]) >= VALUES


def test_every_few_steps():
    gan = make_gan()
    history = gan.fit(
        make_dataset(), epochs=4, verbose=0, callbacks=[make_evaluate(every=6)]
    ).history
    # After the first epoch, as there must be a value, and then after 6 and 12 of 16 steps.
    assert history["evaluation_step"] == [4, 6, 12, 12]
    assert history["kid"][2] == history["kid"][3]


def test_conditions_and_their_classes():
    gan = make_gan(make_conditional_networks)
    labels = np.arange(30) % 3
    dataset = data.from_arrays(REAL, labels, batch_size=6)
    evaluate = make_evaluate(["class_accuracy"], condition=labels[:21], num_images=None)
    history = gan.fit(dataset, verbose=0, callbacks=[evaluate]).history
    found = evaluate.extractor.predict(generated(evaluate), verbose=0)[1].argmax(axis=1)
    assert history["class_accuracy"] == [np.mean(found == labels[:21])]
    assert history["evaluation_images"] == [21]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_images": 4, "metrics": ["fid"]}, "needs more images than that, got 4 fake"),
        ({"metrics": ["class_accuracy"]}, "which class each image was asked"),
        ({"real": REAL[:0]}, "No images were given"),
        ({"real": np.full_like(REAL, np.nan)}, "finite"),
        ({"condition": [0] * 20}, "takes no condition"),
    ],
)
def test_what_can_not_work_is_an_error_before_training(options, message):
    gan = make_gan()
    with pytest.raises(ValueError, match=message):
        gan.fit(make_dataset(), verbose=0, callbacks=[make_evaluate(**options)])
    assert gan.optimizer.iterations == 0


def test_a_generator_that_fails_says_so():
    gan, evaluate = make_gan(), make_evaluate()
    broken = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: gan.generator.set_weights(
            [weight * np.nan for weight in gan.generator.get_weights()]
        )
    )
    with pytest.raises(ValueError, match="hold NaN or infinity"):
        gan.fit(make_dataset(), verbose=0, callbacks=[broken, evaluate])


def test_bad_arguments():
    with pytest.raises(ValueError, match="no metric 'fed'"):
        make_evaluate(["fed"])
    with pytest.raises(ValueError, match="numbers of images don't agree"):
        make_evaluate(condition=[0, 1], num_images=3)
    with pytest.raises(ValueError, match="every, unless it is 'epoch'"):
        make_evaluate(every=0)


def test_features_in_a_file_are_taken_up_by_another_process(tmp_path):
    code = """
import keras, gankit
from helpers import *
from gankit import callbacks

keras.utils.set_random_seed(0)
pooling = keras.layers.AveragePooling2D(4)
extractor = keras.Sequential([keras.Input((8, 8, 1)), pooling, keras.layers.Flatten()])
real, file = make_images(30, seed=1), "real.npz"
evaluate = callbacks.Evaluate("kid", real, extractor=extractor, num_images=20, file=file)
gan = make_gan()
print(gan.fit(make_dataset(), verbose=0, callbacks=[evaluate]).history["kid"])
"""
    first = run_python(code, tmp_path)
    again = run_python(code, tmp_path)
    assert "30/30" in first
    assert "30/30" not in again
    assert first.splitlines()[-1] == again.splitlines()[-1]
