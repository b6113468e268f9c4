"""What a GAN is made of: batches, phases, averages, a position, and the fit that they serve."""
