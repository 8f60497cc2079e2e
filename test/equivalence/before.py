# Runs before a program: random numbers that it does not seed are the same in every run.
def _before(uses_numpy):
    import random

    random.seed(0)
    if uses_numpy:
        import numpy

        numpy.random.seed(0)
