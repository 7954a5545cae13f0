"""Makes sure that one sandbox works here, with the system's package manager where none does."""

import os
import subprocess
import sys

from sandbox.choose import diagnose_all


def main() -> int:
    found = diagnose_all()
    if any(diagnosis.works for diagnosis in found):
        return 0
    wanted = next(diagnosis for diagnosis in found if diagnosis.backend == "bubblewrap")
    print(f"No sandbox works here: {wanted.detail}", file=sys.stderr)
    command = wanted.remedy.split()
    if "install" not in command:
        print(f"To mend it: {wanted.remedy}", file=sys.stderr)
        return 2
    if os.geteuid() == 0 and command[0] == "sudo":
        command = command[1:]
    print(f"Running: {' '.join(command)}", file=sys.stderr)
    if subprocess.run(command, check=False).returncode != 0:
        print(f"That failed. Run it yourself, then try again: {wanted.remedy}", file=sys.stderr)
        return 2
    return 0 if any(diagnosis.works for diagnosis in diagnose_all()) else 2


if __name__ == "__main__":
    sys.exit(main())
