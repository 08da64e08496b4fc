"""What serves the pages of the book and nothing else; no other part of the library needs it."""
