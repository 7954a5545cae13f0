"""Which files of a tree an import means."""

import pytest

from agent.context.targets import Targets

PATHS = (
    "src/app/__init__.py",
    "src/app/core.py",
    "src/app/sub/__init__.py",
    "src/app/sub/leaf.py",
    "tools.py",
    "web/index.js",
    "web/lib/util.ts",
    "other/lib/util.ts",
    "java/com/acme/Main.java",
    "java/com/acme/Helper.java",
    "rust/src/parser.rs",
    "rust/src/main.rs",
    "c/include/list.h",
    "c/main.c",
    "pkg/store/store.go",
    "pkg/store/cache.go",
    "main.go",
)


@pytest.mark.parametrize(
    ("file", "said", "meant"),
    [
        ("src/app/core.py", "app.sub.leaf", ["src/app/sub/leaf.py"]),
        ("src/app/core.py", "app.sub:leaf", ["src/app/sub/leaf.py"]),
        ("src/app/core.py", "app.sub:name", ["src/app/sub/__init__.py"]),
        ("src/app/sub/leaf.py", "..:core", ["src/app/core.py"]),
        ("src/app/sub/leaf.py", "..core:thing", ["src/app/core.py"]),
        ("src/app/core.py", "os.path", []),
        ("src/app/core.py", "tools", ["tools.py"]),
        ("src/app/core.py", "app.core", []),
        ("web/index.js", "./lib/util", ["web/lib/util.ts"]),
        ("web/index.js", "react", []),
        ("java/com/acme/Main.java", "com.acme.Helper", ["java/com/acme/Helper.java"]),
        ("rust/src/main.rs", "crate::parser::Parser", ["rust/src/parser.rs"]),
        ("rust/src/main.rs", "parser", ["rust/src/parser.rs"]),
        ("c/main.c", "list.h", ["c/include/list.h"]),
        ("main.go", "example.com/x/pkg/store", ["pkg/store/cache.go", "pkg/store/store.go"]),
    ],
)
def test_what_an_import_means(file: str, said: str, meant: list[str]) -> None:
    """By the text alone; what lies outside of the tree means nothing, nor does the file itself."""
    found = Targets(PATHS).of(PATHS.index(file), [said])
    assert sorted(PATHS[target] for target in found) == sorted(meant)
