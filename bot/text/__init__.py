"""Pure text: folding with an offset map, words, language, skeletons. No I/O."""

from bot.text.cut import Cut
from bot.text.fold import Folded, fold
from bot.text.language import language
from bot.text.skeleton import skeleton
from bot.text.tokens import Fact, Form, Words, words_of

__all__ = ["Cut", "Fact", "Folded", "Form", "Words", "fold", "language", "skeleton", "words_of"]
