"""The parts that differ between Keras's backends: a file for each, with the same functions.

``gankit.differentiation`` chooses one of them, and says what each function is for.
"""
