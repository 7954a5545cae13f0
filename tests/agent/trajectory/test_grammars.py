"""What the answers of weak models are held to; the real server's view of it is in the model tests."""

from agent.edits.names import Names
from agent.trajectory.grammars import edit_grammar, script_grammar, turn_grammar

NAMES = Names(("double", "half"), ("Shape",))


def test_a_whole_program_is_not_held_to_anything() -> None:
    """Only scripts in two parts have a shape of their own."""
    assert script_grammar("program") is None
    assert turn_grammar(NAMES, "program") is None


def test_an_edit_begins_with_a_definition_of_the_shown_files() -> None:
    """The names are alternatives; a class may have bases."""
    grammar = edit_grammar(NAMES)
    assert grammar is not None
    assert '"def " ("double" | "half") "("' in grammar
    assert '"class " ("Shape") [:(]' in grammar


def test_nothing_to_name() -> None:
    """Files without definitions leave the answer free."""
    assert edit_grammar(Names((), ())) is None


def test_a_later_turn_may_also_be_done() -> None:
    """The answers that a turn asks for; scripts in two parts are not corrected."""
    grammar = turn_grammar(NAMES, "printed")
    assert grammar is not None
    assert grammar.startswith('root ::= "DONE\\n" | edit\n')
