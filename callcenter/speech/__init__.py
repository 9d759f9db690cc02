"""What callers hear: texts made into sound and kept, fixed phrases, and music for waiting."""
