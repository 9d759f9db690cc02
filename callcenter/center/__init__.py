"""The center as its admin declares it (numbers, queues, skills, agents, hours) and the engine's settings."""
