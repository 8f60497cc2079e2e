"""Kernels for tests of what happens where the driver cannot run.

By default an ipykernel whose programs cannot ask for input; with ``--other-language`` one of
another language.
"""

import sys
from typing import ClassVar

from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from IPython.core.error import StdinNotImplementedError


class KernelWithoutStdin(IPythonKernel):
    def raw_input(self, prompt=""):
        raise StdinNotImplementedError("this kernel has no standard input")


class KernelOfAnotherLanguage(IPythonKernel):
    language_info: ClassVar = {"name": "scheme", "mimetype": "text/x-scheme", "file_extension": ".scm"}


if "--other-language" in sys.argv:
    sys.argv.remove("--other-language")
    IPKernelApp.launch_instance(kernel_class=KernelOfAnotherLanguage)
else:
    IPKernelApp.launch_instance(kernel_class=KernelWithoutStdin)
