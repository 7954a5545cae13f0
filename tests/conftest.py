"""What holds for all tests."""

import signal

from hypothesis import settings

# Machines are noisy: an example that takes long is no failure.
settings.register_profile("shrewd", deadline=None)
settings.load_profile("shrewd")

# Whoever starts tests in the background may have told them to ignore Ctrl-C, and programs inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
