# Runs before a program: unseeded random numbers are the same in every run.
def _before():
    import importlib.util
    import random

    random.seed(0)
    if importlib.util.find_spec("numpy"):
        import numpy

        numpy.random.seed(0)


_before()
del _before
