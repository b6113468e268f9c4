"""Batch normalization by the statistics of all devices together."""

import keras


def synchronize(network: keras.Model) -> keras.Model:
    """Returns a copy of a network whose batch normalization is that of all devices together.

    Under ``tf.distribute`` each replica normalizes by the statistics of its own part of the batch.
    With ``generator=gankit.layers.synchronize(generator)`` the parts are put together, so that N
    replicas compute what one does on the whole batch, for some communication in every layer.

    Args:
        network: a functional or sequential model; make the copy within the strategy's scope.

    Examples:
        >>> generator = architectures.dcgan.build_generator((8, 8, 1), filters=2)
        >>> everywhere = layers.synchronize(generator)
        >>> everywhere.count_params() == generator.count_params()
        True
    """

    def copy(layer):
        config = layer.get_config()
        if isinstance(layer, keras.layers.BatchNormalization):
            config["synchronized"] = True
        return type(layer).from_config(config)

    synchronized = keras.models.clone_model(network, clone_function=copy, recursive=True)
    synchronized.set_weights(network.get_weights())
    return synchronized
