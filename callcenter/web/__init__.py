"""The web server: REST with OpenAPI, WebSocket, sign-in and roles, the built pages. It decides nothing."""
