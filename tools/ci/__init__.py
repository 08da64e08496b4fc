"""Steps of the workflows in .github/, as programs, so that they can be run and tested anywhere."""
