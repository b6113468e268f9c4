"""Errors for Keras's arguments that a GAN can't honour."""

from typing import Any

COMPILE_ARGUMENTS = ("run_eagerly", "steps_per_execution", "jit_compile", "auto_scale_loss")

#: What people call arguments of ``GAN`` elsewhere, and what is meant here.
GAN_HINTS = {
    "latent_dim": "the generator's input says how long latents are: "
    "architectures.dcgan.build_generator(image_shape, latent_dim=...)",
    "noise_dim": "the generator's input says how long latents are: "
    "architectures.dcgan.build_generator(image_shape, latent_dim=...)",
    "critic": "discriminator=...",
    "n_critic": "discriminator_steps=...",
    "discriminator_extra_steps": "discriminator_steps=...",
    "ema": "generator_ema=...",
    "gp_weight": "compile(penalty=penalties.GradientPenalty(...))",
}

#: Likewise of ``compile``.
COMPILE_HINTS = {
    "optimizer": "a GAN has two optimizers: pass generator_optimizer=... and "
    "discriminator_optimizer=... instead of optimizer",
    "g_optimizer": "generator_optimizer=...",
    "gen_optimizer": "generator_optimizer=...",
    "d_optimizer": "discriminator_optimizer=...",
    "disc_optimizer": "discriminator_optimizer=...",
    "loss_fn": "loss=..., e.g. 'non_saturating'",
    "g_loss_fn": "loss=..., one object for both networks, e.g. 'non_saturating'",
    "d_loss_fn": "loss=..., one object for both networks, e.g. 'non_saturating'",
    "gradient_penalty": "penalty=penalties.GradientPenalty(...)",
    "regularizer": "regularizers=[...], a list",
}


def check_constructor_arguments(variant: str, arguments: dict[str, Any]) -> None:
    """Raises ``TypeError`` for arguments that a GAN calls otherwise."""
    for name in arguments:
        if name in GAN_HINTS:
            raise TypeError(f"{variant} takes no {name!r}: {GAN_HINTS[name]}.")


def check_compile_arguments(arguments: dict[str, Any]) -> None:
    """Raises ``TypeError`` for arguments of Keras's ``compile`` that a GAN can't honour."""
    for name in arguments:
        if name in COMPILE_ARGUMENTS:
            continue
        hint = COMPILE_HINTS.get(name, "a GAN has no targets to compare with")
        raise TypeError(
            f"GAN.compile takes no {name!r}: {hint}. It takes generator_optimizer, "
            "discriminator_optimizer, optimizers, loss, penalty, regularizers, "
            f"{', '.join(COMPILE_ARGUMENTS)}."
        )


def check_fit_arguments(arguments: dict[str, Any]) -> None:
    """Raises ``TypeError`` for arguments of Keras's ``fit`` that a GAN can't honour."""
    for name in ("class_weight", "sample_weight"):
        if arguments.get(name) is not None:
            raise TypeError(f"A GAN takes no {name}: data is images or (images, condition).")


def check_no_weights(sample_weight: object) -> None:
    """Raises ``TypeError`` if data holds a third part."""
    if sample_weight is not None:
        raise TypeError("A GAN takes no sample_weight: data is images or (images, condition).")
