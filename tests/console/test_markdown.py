"""How a lesson in Markdown is taken apart; its parts become elements whose text is only text."""

from console.markdown import _blocks
from ndxp.labs.lab import LANGUAGES
from ndxp.labs.shelf import labs


def test_a_lesson_has_its_blocks_in_their_order() -> None:
    source = "# Title\nOne line\nand another.\n\n- an item\n  that goes on\n- a second\n\n"
    source += "```bash\n# no heading\n\nndxp up\n```\n1. first"
    assert list(_blocks(source)) == [
        ("heading", ["# Title"]),
        ("text", ["One line", "and another."]),
        ("list", ["- an item that goes on", "- a second"]),
        ("fence", ["# no heading", "", "ndxp up"]),
        ("list", ["1. first"]),
    ]


def test_no_word_of_a_lab_is_lost() -> None:
    for lab in labs():
        for language in LANGUAGES:
            text = lab.text(language)
            for source in (text.introduction, text.explanation, *(task.body for task in text.tasks)):
                shown = " ".join(line for _, lines in _blocks(source) for line in lines)
                words = [word for line in source.split("\n") if not line.startswith("```") for word in line.split()]
                assert shown.split() == words
