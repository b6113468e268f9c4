"""Which epoch it is, for the data's order and for runs that are taken up again."""

import keras
import tensorflow as tf

from gankit.data.epochs import set_epoch


class EpochKeeper(keras.callbacks.Callback):
    """Counts a GAN's epochs and tells data of ``gankit.data`` which one comes next.

    ``GAN.fit`` adds it by itself.

    Args:
        data: what ``fit`` iterates over.
        initial_epoch: the number of ``fit``'s first epoch; where it is 0, counting goes on with the
            epochs that the GAN has completed.
    """

    def __init__(self, data, initial_epoch: int):
        super().__init__()
        self.data = data
        self.initial_epoch = initial_epoch
        self.offset = None

    def on_epoch_begin(self, epoch, logs=None):
        """Sets the data's order, once, before Keras starts to iterate; passes count themselves.

        Not earlier, since a callback may restore the GAN when training begins.
        """
        if self.offset is None:
            completed = int(self.model.epochs_completed.numpy())
            self.offset = 0 if self.initial_epoch else completed - epoch
            if isinstance(self.data, tf.data.Dataset):
                set_epoch(self.data, self.offset + epoch)

    def on_epoch_end(self, epoch, logs=None):
        """Counts the epoch."""
        self.model.epochs_completed.assign(self.offset + epoch + 1)
