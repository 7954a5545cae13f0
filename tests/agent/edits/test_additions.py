"""What comes with the definitions of an answer: helpers, imports, constants, examples."""

from support.edits import after
from support.slugs import FILES, NEW_WRAP, SHOWN, WRAP, replaced, reply, result


def test_new_definitions_with_a_path():
    """With a path, new definitions are put at the end of the file, before its main part."""
    code = "def nothing():\n    return 1\n"
    assert result(code, "kit/text.py") == replaced("if __name__", f"{code}\n\nif __name__")


def test_new_file():
    """A path that does not exist makes a new file."""
    files = after(reply("def nothing():\n    return 1\n", "kit/new.py"), FILES, "definitions", SHOWN)
    assert files["kit/new.py"] == b"def nothing():\n    return 1\n"


def test_new_helper():
    """A helper that exists nowhere is put before the first definition that is replaced."""
    helper = "def _words(text):\n    return text.split()\n"
    assert result(helper + "\n\n" + NEW_WRAP) == replaced(
        "# Keeps words whole.\n@trace\n" + WRAP, f"{helper}\n\n# Keeps words whole.\n@trace\n{NEW_WRAP}"
    )


def test_imports_are_added():
    """Imports that the file lacks and the code uses are added behind the others."""
    code = "import re\nimport os\nimport sys\nfrom collections import OrderedDict, deque\nfrom kit.text import wrap\n\n"
    code += "def wrap(text):\n    return deque([os.sep])\n"
    wanted = "from collections import OrderedDict\nimport os\nfrom collections import deque\n"
    text = result(code)
    assert wanted in text
    assert "import sys" not in text
    assert "from kit.text" not in text


def test_imports_behind_the_docstring():
    """In a file without imports they stand behind its docstring."""
    files = {"a.py": b'"""Doc."""\n\n\ndef f():\n    return 1\n'}
    code = "import os\n\ndef f():\n    return os\n"
    assert after(reply(code), files, "definitions")["a.py"] == b'"""Doc."""\n\nimport os\n\n\ndef f():\n    return os\n'


def test_future_imports_come_first():
    """A future import stands before every other one."""
    files = {"a.py": b"# -*- coding: utf-8 -*-\nimport re\n\n\ndef f():\n    return 1\n"}
    code = "from __future__ import annotations\n\ndef f():\n    return 2\n"
    text = after(reply(code), files, "definitions")["a.py"]
    assert text.startswith(b"# -*- coding: utf-8 -*-\nfrom __future__ import annotations\nimport re\n")


def test_imports_inside_branches_are_no_place():
    """Nothing is put between `try` and `except`."""
    files = {
        "a.py": b"import re\ntry:\n    import json\nexcept ImportError:\n    json = None\n\n\ndef f():\n    return 1\n"
    }
    text = after(reply("import os\n\ndef f():\n    return os\n"), files, "definitions")["a.py"]
    assert text.startswith(b"import re\nimport os\ntry:\n")


def test_assignments():
    """Top-level assignments of the same name are replaced, also over several lines."""
    assert result("DEFAULT_WIDTH = 80\n") == replaced("DEFAULT_WIDTH = 72", "DEFAULT_WIDTH = 80")
    assert result('SEPARATORS = {\n    "_": 1,\n}\n') == replaced('    "-": 1,', '    "_": 1,')


def test_other_blocks_are_ignored():
    """Commands to run, output and data are no edits."""
    extra = "\nRun it:\n```bash\npython -m kit\n```\n```text\nok\n```\n```json\n{}\n```\n```\n>>> wrap('a')\n```\n"
    assert (
        after(reply(NEW_WRAP) + extra, FILES, "definitions", SHOWN)["kit/text.py"] == replaced(WRAP, NEW_WRAP).encode()
    )
