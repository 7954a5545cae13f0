"""Layers of settings: merged onto the defaults, every problem reported at once with its place."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config import PROJECT_FILE, PROJECT_KEYS, load_settings, settings_from_yaml
from agent.errors import UserError
from agent.settings import Settings, settings_table
from agent.settings_file import dump_settings, read_file, read_text


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def problems_of(**layers: object) -> list[str]:
    with pytest.raises(UserError) as caught:
        load_settings(**layers)
    return [line.strip() for line in str(caught.value).splitlines()[1:]]


def test_without_any_layer_the_defaults_hold() -> None:
    """Nothing has to be configured."""
    resolved = load_settings()
    assert resolved.settings == Settings()
    assert set(resolved.origin.values()) == {"default"}


def test_later_layers_win_and_each_value_knows_where_it_came_from(tmp_path: Path) -> None:
    """Defaults, user file, project file, --config files in order, environment, flags."""
    user = write(tmp_path / "user.yaml", "samples: 2\nmodel: a/user\nseed: 1\n")
    project = write(tmp_path / PROJECT_FILE, "samples: 3\niterations: 5\n")
    first = write(tmp_path / "first.yaml", "iterations: 6\nscript_iterations: 6\nrepairs: 5\n")
    second = write(tmp_path / "second.yaml", "script_iterations: 7\n")
    resolved = load_settings(
        user_file=user,
        project_file=project,
        files=[first, second],
        environment={"SHREWD_REPAIRS": "8", "SHREWD_TIMEOUT": "9", "PATH": "/bin"},
        flags={"timeout": "10"},
    )
    settings, origin = resolved.settings, resolved.origin
    assert (settings.seed, origin["seed"]) == (1, f"{user}:3")
    assert (settings.samples, origin["samples"]) == (3, f"{project}:1")
    assert (settings.iterations, origin["iterations"]) == (6, f"{first}:1")
    assert (settings.script_iterations, origin["script_iterations"]) == (7, f"{second}:1")
    assert (settings.repairs, origin["repairs"]) == (8, "SHREWD_REPAIRS")
    assert (settings.timeout, origin["timeout"]) == (10, "--timeout")
    assert (settings.budget, origin["budget"]) == (None, "default")


def test_all_problems_of_all_layers_are_reported_at_once(tmp_path: Path) -> None:
    """Each with the line, the variable or the flag, what was given and what is allowed."""
    user = write(tmp_path / "user.yaml", "sampels: 2\n\ntimeout: soon\n")
    missing = tmp_path / "missing.yaml"
    assert problems_of(
        user_file=user,
        files=[missing],
        environment={"SHREWD_TIMOUT": "1", "SHREWD_CPUS": "-1"},
        flags={"samples": "0", "sandbox": "chroot"},
    ) == [
        f"{user}:1: unknown key 'sampels'; did you mean samples?",
        f"{user}:3: timeout must be a number of seconds above 0, not 'soon'",
        f"{missing}: No such file or directory",
        "SHREWD_CPUS: must be a number above 0, not '-1'",
        "SHREWD_TIMOUT: is no setting; did you mean SHREWD_TIMEOUT?",
        "--samples: must be a whole number of at least 1, not '0'",
        "--sandbox: must be one of auto, docker, bubblewrap, not 'chroot'",
    ]


def test_a_wrong_value_is_reported_even_where_a_later_layer_overrides_it(tmp_path: Path) -> None:
    """A mistake does not wait in a file for the day on which the flag is left out."""
    user = write(tmp_path / "user.yaml", "samples: many\n")
    assert len(problems_of(user_file=user, flags={"samples": "4"})) == 1


def test_settings_that_contradict_each_other_are_reported_with_their_places() -> None:
    """Prices are judged on the merged whole, not layer by layer."""
    assert problems_of(environment={"SHREWD_PRICE_INPUT": "1"}) == [
        "SHREWD_PRICE_INPUT: price_input and price_output belong together: give both or neither"
    ]
    merged = load_settings(environment={"SHREWD_PRICE_INPUT": "1"}, flags={"price_output": "2"})
    assert merged.settings.price_output == 2


def test_secrets_and_debugging_variables_are_not_settings() -> None:
    """A key in the environment is used as a key, and appears nowhere."""
    resolved = load_settings(environment={"SHREWD_API_KEY": "sk-very-secret", "SHREWD_DEBUG": "1"})
    assert "sk-very-secret" not in dump_settings(resolved.settings)


def test_a_variable_that_is_no_setting_is_named_without_its_value() -> None:
    """It may be a key under a wrong name."""
    (problem,) = problems_of(environment={"SHREWD_OPENAI_KEY": "sk-very-secret"})
    assert "sk-very-secret" not in problem


def test_a_password_in_an_address_stays_unsaid() -> None:
    """The message shows the address without who logs in."""
    (problem,) = problems_of(flags={"api_base": "https://me:hunter2222@example.org"})
    assert "hunter2222" not in problem
    assert "example.org" in problem


def test_none_takes_back_what_a_file_gave(tmp_path: Path) -> None:
    """Only where a setting may be absent."""
    user = write(tmp_path / "user.yaml", "budget: 5\n")
    assert load_settings(user_file=user, flags={"budget": "none"}).settings.budget is None
    assert load_settings(files=[write(tmp_path / "b.yaml", "budget: null\n")]).settings.budget is None
    assert len(problems_of(flags={"samples": "none"})) == 1
    assert len(problems_of(files=[write(tmp_path / "c.yaml", "samples: null\n")])) == 1


def test_relative_paths_are_meant_from_their_file(tmp_path: Path) -> None:
    """A settings file means the same wherever the command is started."""
    file = write(tmp_path / "a.yaml", "python: .venv/bin/python\n")
    assert load_settings(flags={"python": "python3.12"}).settings.python == "python3.12"
    assert load_settings(files=[file]).settings.python == str(tmp_path / ".venv/bin/python")
    assert load_settings(flags={"python": "venv/bin/python"}).settings.python == str(Path.cwd() / "venv/bin/python")


def test_words_stay_text_whatever_yaml_makes_of_them(tmp_path: Path) -> None:
    """A commit that looks like a number, and an image that looks like a version, are not mangled."""
    file = write(tmp_path / "a.yaml", "ref: 0123456\nimage: 3.10\nsetup: yes\ntimeout: 1e2\n")
    settings = load_settings(files=[file]).settings
    assert (settings.ref, settings.image, settings.setup, settings.timeout) == ("0123456", "3.10", "yes", 100)


class TestProjectFile:
    """What a repository may say about itself."""

    def test_it_may_set_what_suits_its_tests(self, tmp_path: Path) -> None:
        """How much to try, how long a script takes, and how to set up."""
        text = "samples: 8\niterations: 5\nscript_iterations: 2\ntimeout: 300\nsetup: . env/bin/activate\n"
        settings = load_settings(project_file=write(tmp_path / PROJECT_FILE, text)).settings
        assert (settings.samples, settings.timeout, settings.setup) == (8, 300, ". env/bin/activate")

    @pytest.mark.parametrize("key", sorted(set(Settings.model_fields) - set(PROJECT_KEYS)))
    def test_it_may_set_nothing_else(self, tmp_path: Path, key: str) -> None:
        """Not where prompts and keys go, not money, not what opens the sandbox."""
        project = write(tmp_path / PROJECT_FILE, f"{key}: 1\n")
        (problem,) = problems_of(project_file=project)
        assert problem.startswith(f"{project}:1: {key} cannot be set by a repository")
        assert "your own settings" in problem

    @pytest.mark.parametrize("key", sorted(key for key, most in PROJECT_KEYS.items() if most))
    def test_it_may_not_ask_for_too_much(self, tmp_path: Path, key: str) -> None:
        """A clone of somebody's repository does not spend a user's money a thousand times over."""
        (problem,) = problems_of(project_file=write(tmp_path / PROJECT_FILE, f"{key}: 1_000\n"))
        assert "to at most" in problem

    def test_a_link_is_not_followed(self, tmp_path: Path) -> None:
        """It could lead to any file of the user."""
        secret = write(tmp_path / "secret.yaml", "samples: 2\n")
        (tmp_path / PROJECT_FILE).symlink_to(secret)
        assert "not a regular file" in problems_of(project_file=tmp_path / PROJECT_FILE)[0]

    def test_a_pipe_is_not_waited_for(self, tmp_path: Path) -> None:
        """Opening one would never return."""
        os.mkfifo(tmp_path / PROJECT_FILE)
        assert "not a regular file" in problems_of(project_file=tmp_path / PROJECT_FILE)[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("samples: 1\nsamples: 2\n", "f:2: samples is already given at f:1"),
        ("- samples\n", "f:1: must be a list of lines of the form `key: value`"),
        ("samples\n", "f:1: must be a list of lines of the form `key: value`"),
        ("seed: 1\nsamples: [1]\n", "f:2: samples must have a single plain value"),
        ("samples: {a: 1}\n", "f:1: samples must have a single plain value"),
        ("? [a]\n: 1\n", "f:1: a key must be a single word"),
        ("samples: !!python/object/apply:os.system [true]\n", "f:1: samples must have a single plain value"),
        ("setup: !!python/name:os.system x\n", "f:1: setup must have a single plain value"),
        ("samples: 1\n---\nsamples: 2\n", "f:2: is not YAML: but found another document"),
        ("samples: 'x\n", "f:2: is not YAML: found unexpected end of stream"),
        ("samples: *x\n", "f:1: is not YAML: found undefined alias 'x'"),
        (
            "setup: \x07\n",
            "f: is not YAML: unacceptable character #x0007: special characters are not allowed",
        ),
        ("[" * 5000, "f: is nested too deeply"),
    ],
)
def test_a_file_of_another_form_is_rejected_with_its_line(text: str, expected: str) -> None:
    """Duplicate keys, lists, tags, several documents and broken YAML are no settings."""
    _, problems = read_text(text, "f")
    assert [str(problem) for problem in problems] == [expected]


def test_an_alias_cannot_multiply_anything() -> None:
    """Values are single scalars, so a bomb of aliases has no place to stand."""
    bomb = "a: &a [x, x]\n" + "".join(f"k{n}: &k{n} [*a, *a, *a]\n" for n in range(50)) + "samples: 3\n"
    entries, problems = read_text(bomb, "f")
    assert [entry.key for entry in entries] == ["samples"]
    assert len(problems) == 51


def test_a_file_that_is_no_text_or_far_too_large_is_rejected(tmp_path: Path) -> None:
    """Without reading all of it."""
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"samples: \xff\n")
    large = write(tmp_path / "large.yaml", "#" * 70_000)
    assert str(read_file(binary)[1][0]) == f"{binary}: is not UTF-8 at byte 9"
    assert "is larger than" in str(read_file(large)[1][0])
    assert str(read_file(tmp_path)[1][0]) == f"{tmp_path}: is not a regular file"


WORDS = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1).filter(
    lambda text: text.isprintable() and bool(text.strip()) and not text.startswith("-")
)
SETUP = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
FINITE = st.floats(min_value=1e-300, allow_nan=False, allow_infinity=False)


@st.composite
def any_settings(draw: st.DrawFn) -> Settings:
    """Settings with arbitrary values in every kind of field."""
    priced = draw(st.booleans())
    price = st.floats(min_value=0, allow_infinity=False) if priced else st.none()
    values: dict[str, object] = {
        "model": draw(WORDS),
        "image": draw(st.none() | WORDS),
        "ref": draw(st.none() | WORDS),
        "setup": draw(SETUP),
        "python": draw(st.none() | WORDS.map(lambda text: "/" + text)),
        "api_base": draw(st.none() | st.just("http://127.0.0.1:8000/v1?a=b#c: d")),
        "samples": draw(st.integers(1)),
        "budget": draw(st.none() | FINITE),
        "price_input": draw(price),
        "price_output": draw(price),
        "timeout": draw(FINITE),
        "cpus": draw(FINITE),
        "memory": draw(st.integers(1 << 20, 1 << 50)),
        "network": draw(st.booleans()),
        "comments": draw(st.booleans()),
        "edit_format": draw(st.sampled_from(settings_table()["edit_format"].choices)),
    }
    return Settings.model_validate(values)


@given(any_settings())
def test_dumped_settings_load_back_to_the_same_value(settings: Settings) -> None:
    """What a run stores is what it ran with."""
    assert settings_from_yaml(dump_settings(settings), name="config.yaml") == settings


def test_a_stored_file_with_problems_names_them_all() -> None:
    """Somebody may have edited it."""
    with pytest.raises(UserError) as caught:
        settings_from_yaml("samples: 0\nbuget: 1\n", name="run/config.yaml")
    assert str(caught.value).splitlines() == [
        "2 settings are wrong:",
        "  run/config.yaml:1: samples must be a whole number of at least 1, not '0'",
        "  run/config.yaml:2: unknown key 'buget'; did you mean budget?",
    ]


@given(st.text())
def test_any_text_is_settings_or_a_list_of_problems(text: str) -> None:
    """The reader raises nothing."""
    entries, problems = read_text(text, "f")
    assert all(entry.where.startswith("f:") for entry in entries)
    assert all(str(problem).startswith("f") for problem in problems)
