"""What holds for all tests."""

from hypothesis import settings

# Machines are noisy: an example that takes long is no failure.
settings.register_profile("shrewd", deadline=None)
settings.load_profile("shrewd")
