"""Systems beyond the center: asked by HTTP, told by message, reached by mail. Knows no other room."""
