"""The parts of a GAN: batches, phases, averages, its position, and ``fit``."""
