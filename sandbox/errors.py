"""What can break in a sandbox. A failing script is not here: that is an `Execution`.

SandboxError
├── SandboxUnavailable   no backend works on this machine; the message says what to install
├── SandboxBroken        the machinery died under an execution (engine gone, container lost)
└── ImageError           the image is missing, cannot be pulled, or cannot run here
"""


class SandboxError(Exception):
    """Base of everything that can break in a sandbox; never a program's own failure."""


class SandboxUnavailable(SandboxError):
    """No sandbox works on this machine. The message ends with the command that mends it."""


class SandboxBroken(SandboxError):
    """The machinery failed while a script ran, so nothing is known about the script."""


class ImageError(SandboxError):
    """An image is missing, cannot be pulled, or cannot run on this machine."""
