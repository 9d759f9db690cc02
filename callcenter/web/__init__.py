"""The web server: REST with OpenAPI, WebSocket, sign-in and roles, and the built pages. It shows; it decides nothing."""
