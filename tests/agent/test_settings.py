"""Every setting is defined once and says of itself what it may be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from agent.settings import Settings, settings_table
from agent.values import format_size, parse_size


def test_every_setting_has_a_help_text_a_section_and_words_for_its_values() -> None:
    """Help, sections and messages are complete, whatever field is added."""
    table = settings_table()
    assert list(table) == list(Settings.model_fields)
    for setting in table.values():
        assert setting.help.endswith((".", ")")), setting.key
        assert setting.section, setting.key
        assert setting.says.words, setting.key


def test_names_in_the_three_places_follow_from_the_key() -> None:
    """One name serves YAML, environment and command line."""
    setting = settings_table()["script_iterations"]
    assert (setting.flag, setting.variable) == ("--script-iterations", "SHREWD_SCRIPT_ITERATIONS")


def test_choices_switches_and_absent_values_are_known() -> None:
    """What a flag looks like follows from the field's type."""
    table = settings_table()
    assert table["sandbox"].choices == ("auto", "docker", "bubblewrap")
    assert table["network"].switch
    assert not table["samples"].switch
    assert table["budget"].nullable
    assert not table["model"].nullable


def test_defaults_are_valid_settings() -> None:
    """What is built in passes the checks that a user's values must pass."""
    assert Settings.model_validate(Settings().model_dump()) == Settings()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("samples", 0),
        ("samples", True),
        ("samples", 1.5),
        ("repairs", -1),
        ("timeout", 0),
        ("timeout", float("inf")),
        ("budget", float("nan")),
        ("budget", "0"),
        ("temperature", 2.5),
        ("memory", "12 parsecs"),
        ("memory", "1K"),
        ("cpus", "-1"),
        ("sandbox", "chroot"),
        ("network", "perhaps"),
        ("model", ""),
        ("model", None),
        ("ref", "--upload-pack=touch /tmp/x"),
        ("image", "a\nb"),
        ("api_base", "localhost:8000"),
        ("api_base", "https://me:secret@example.org/v1"),
        ("api_base", "http://[::1"),
        ("python", "venv/bin/python"),
        ("setup", "a\0b"),
    ],
)
def test_values_out_of_range_are_rejected(key: str, value: object) -> None:
    """Nothing impossible, and nothing that a program would read as an option, becomes a setting."""
    with pytest.raises(ValidationError):
        Settings.model_validate({key: value})


@pytest.mark.parametrize(
    "values",
    [{"price_input": 1}, {"price_output": 1}, {"price_cached": 1}],
)
def test_prices_are_given_together(values: dict[str, object]) -> None:
    """A money limit on half a price would not hold."""
    with pytest.raises(ValidationError):
        Settings.model_validate(values)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("512MiB", 512 << 20),
        ("2G", 2 << 30),
        ("2g", 2 << 30),
        ("1.5 GiB", 3 << 29),
        ("64k", 64 << 10),
        ("1GB", 10**9),
        ("17B", 17),
        ("4096", 4096),
        (4096, 4096),
    ],
)
def test_sizes_are_read(text: object, size: int) -> None:
    """Powers of 1024, except where the unit says 1000."""
    assert parse_size(text) == size


@given(st.integers(min_value=0, max_value=1 << 50))
def test_a_shown_size_reads_back_exactly(size: int) -> None:
    """`format_size` rounds nothing."""
    assert parse_size(format_size(size)) == size


@given(st.text())
def test_any_text_is_a_size_or_a_clear_error(text: str) -> None:
    """The parser raises nothing but ValueError."""
    try:
        size = parse_size(text)
    except ValueError:
        return
    assert isinstance(size, int)
