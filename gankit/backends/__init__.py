"""What differs from one backend of Keras to the next: a file for each, line by line alike.

``gankit.differentiation`` chooses one of them, and says what each function is for.
"""
