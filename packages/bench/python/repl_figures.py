"""A matplotlib backend that renders figures where they are shown, as a notebook's inline backend does.

Same renderer, same settings (the figure's own dpi and colours, a tight bounding box, closed afterwards), so
that an executor without a notebook does the same work for a figure as one with it.
"""

import base64
import io
import sys

from matplotlib._pylab_helpers import Gcf
from matplotlib.backends.backend_agg import FigureCanvasAgg

FigureCanvas = FigureCanvasAgg


def show(*_args, **_kwargs):
    """Renders all open figures and closes them."""
    import matplotlib.pyplot as plt

    managers = Gcf.get_all_fig_managers()
    try:
        for manager in managers:
            png = rendered(manager.canvas.figure)
            if png is not None:
                sys.tell_figure(png)
    finally:
        if managers:
            plt.close("all")


def rendered(figure):
    if not figure.axes and not figure.lines:
        return None
    png = io.BytesIO()
    figure.canvas.print_figure(
        png,
        format="png",
        facecolor=figure.get_facecolor(),
        edgecolor=figure.get_edgecolor(),
        dpi=figure.dpi,
        bbox_inches="tight",
    )
    return base64.b64encode(png.getvalue()).decode()
