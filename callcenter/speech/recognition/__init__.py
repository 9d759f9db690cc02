"""Speech recognition: what a caller says becomes one of the phrases that were asked for, with an
honest score.

`service.py` is the door: `RecognitionService` keeps worker processes and answers Asterisk. Engines are
loaded in the workers alone: a broken model can end a worker, never the controller.
"""
