"""Seeing what the controller does: viewer in the browser, recordings, plots."""

from surefoot.viz.frame import ViewerFrame
from surefoot.viz.page_server import PageServer
from surefoot.viz.recording import Recording
from surefoot.viz.run_view import RunView
from surefoot.viz.scene import LAYERS, Scene
from surefoot.viz.viewer import Viewer

__all__ = ["LAYERS", "PageServer", "Recording", "RunView", "Scene", "Viewer", "ViewerFrame"]
