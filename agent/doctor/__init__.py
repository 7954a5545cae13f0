"""What works on this machine, what does not, and how to mend it."""

from agent.doctor.machine import check_machine
from agent.doctor.models import check_model
from agent.doctor.packages import check_extras, check_packages
from agent.doctor.records import Check, Status, is_ready
from agent.doctor.sandboxes import check_sandboxes

__all__ = [
    "Check",
    "Status",
    "check_extras",
    "check_machine",
    "check_model",
    "check_packages",
    "check_sandboxes",
    "is_ready",
]
