"""Keeps text that is said to a model from ending the turn that it is said in.

A server makes one text of a conversation, with marks such as `<|im_end|>` between its turns, and only then reads it
as tokens: a mark that stands in an issue or in a repository's file would be as good as the server's own. So each gets
a character that nobody sees, which is taken out of answers again.
"""

import re
from typing import Final

JOINER: Final = "\N{WORD JOINER}"
_MARK: Final = re.compile(
    r"<(?=[|｜][^\s<>|｜]{1,40}[|｜]>)"  # ChatML, Llama 3, Phi, gpt-oss; DeepSeek
    r"|<(?=(?:start|end)_of_turn>|/?s>)"  # Gemma; Llama 2, Mistral
    r"|\[(?=/?INST\])"
)
_DEFUSED: Final = re.compile(rf"(?<=[<\[]){JOINER}")


def defused(text: str) -> str:
    """The text with its turn marks broken."""
    return _MARK.sub(rf"\g<0>{JOINER}", text)


def restored(text: str) -> str:
    """What a model gives back of it, as it was before."""
    return _DEFUSED.sub("", text)
