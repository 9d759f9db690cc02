"""A flow as a picture (SVG), placed by Graphviz and drawn here; with counts, as a heat map."""

from callcenter.ivr.drawing.graph import draw_graph
from callcenter.ivr.drawing.layout import DrawingError
from callcenter.ivr.drawing.of_flow import draw

__all__ = ["DrawingError", "draw", "draw_graph"]
