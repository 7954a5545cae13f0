"""What answers about files are held to; the real server's view of it is in the model tests."""

from agent.context.held import literal, order_grammar, verdicts_grammar


def test_a_line_for_each_file_as_they_come() -> None:
    """No file can be left out or made up."""
    grammar = verdicts_grammar(["b.py", "a.py"])
    assert grammar.startswith('root ::= "b.py" verdict "a.py" verdict\n')
    assert '": " "not "? "relevant - "' in grammar


def test_a_list_holds_only_paths_that_are_there() -> None:
    """As JSON has them."""
    assert r'''path ::= "\"a.py\"" | "\"b\\\"c\""''' in order_grammar(["a.py", 'b"c'])


def test_a_path_is_text_whatever_it_holds() -> None:
    """What a repository calls its files cannot add a rule."""
    assert literal('a"\nroot ::= [^x]*\\') == '"a\\"\\u000Aroot ::= [^x]*\\\\"'
    assert literal("é\U000e0041") == '"é\\U000E0041"'
