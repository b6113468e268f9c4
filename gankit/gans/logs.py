"""What a training step tells of itself."""

import keras


class EpochAverages:
    """The mean of each logged value since the epoch began.

    Trackers are made when a name is first logged, since only the first step shows which terms a
    variant has. A plain object, so that Keras does not save it with the model.
    """

    def __init__(self):
        self.trackers = {}

    def update(self, values: dict) -> None:
        """Takes in one value for each name."""
        for name, value in values.items():
            if name not in self.trackers:
                self.trackers[name] = keras.metrics.Mean(name=name)
            self.trackers[name].update_state(value)

    def result(self) -> dict:
        """Returns the averages by name."""
        return {name: tracker.result() for name, tracker in self.trackers.items()}


def name_losses(phase: str, losses: dict) -> dict:
    """Returns the values to log of one phase's terms: their sum, and each, if there are several."""
    logs = {f"{phase}_loss": sum(losses.values())}
    if len(losses) > 1:
        logs |= {f"{phase}_{name}": value for name, value in losses.items()}
    return logs
