"""Signed notes and checkpoints, against the published example of the format."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ndxp.ledger.checkpoint import (
    Checkpoint,
    Conformance,
    Key,
    KeyChange,
    Loss,
    NoteRefused,
    Retention,
    open_note,
    sign_note,
)

# The example of golang.org/x/mod/sumdb/note, whose form C2SP signed-note describes.
PUBLISHED_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PUBLISHED_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PUBLISHED_NOTE = (
    f"{PUBLISHED_TEXT}\n\u2014 PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)

NAME = "ndxp.example/test"
CHECKPOINT = Checkpoint(NAME, 7, bytes(range(32)))


@pytest.fixture
def private() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def public(private: Ed25519PrivateKey, name: str = NAME) -> Key:
    return Key(name, private.public_key().public_bytes_raw())


def test_the_published_example_opens() -> None:
    key = Key.parse(PUBLISHED_KEY)
    assert str(key) == PUBLISHED_KEY
    assert open_note(PUBLISHED_NOTE, [key]) == (PUBLISHED_TEXT, [key])


@pytest.mark.parametrize("place", range(0, len(PUBLISHED_TEXT), 7))
def test_a_changed_letter_spoils_the_published_example(place: int) -> None:
    changed = f"{PUBLISHED_NOTE[:place]}#{PUBLISHED_NOTE[place + 1 :]}"
    with pytest.raises(NoteRefused):
        open_note(changed, [Key.parse(PUBLISHED_KEY)])


def test_a_checkpoint_is_three_lines_and_opens_with_its_key(private: Ed25519PrivateKey) -> None:
    note = sign_note(str(CHECKPOINT), NAME, [private])
    assert note.startswith(f"{NAME}\n7\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n\u2014 {NAME} ")
    assert Checkpoint.open(note, [public(private)]) == CHECKPOINT


def test_one_known_signer_among_others_is_enough(private: Ed25519PrivateKey) -> None:
    other = Ed25519PrivateKey.generate()
    note = sign_note(str(CHECKPOINT), NAME, [other, private])
    assert Checkpoint.open(note, [public(private)]) == CHECKPOINT


def test_extension_lines_are_passed_over(private: Ed25519PrivateKey) -> None:
    note = sign_note(f"{CHECKPOINT}more\n", NAME, [private])
    assert Checkpoint.open(note, [public(private)]) == CHECKPOINT


def test_a_checkpoint_says_how_many_losses_were_stated_before_it(private: Ed25519PrivateKey) -> None:
    after = replace(CHECKPOINT, losses=2)
    assert str(after) == f"{CHECKPOINT}losses 2\n"
    for text, losses in ((str(after), 2), (str(CHECKPOINT), 0), (f"{CHECKPOINT}more\nlosses 3\n", 3)):
        assert Checkpoint.open(sign_note(text, NAME, [private]), [public(private)]).losses == losses


def test_a_key_of_another_name_does_not_sign_for_this_ledger(private: Ed25519PrivateKey) -> None:
    note = sign_note(str(CHECKPOINT), "ndxp.example/other", [private])
    with pytest.raises(NoteRefused, match="no key of ndxp.example/test"):
        Checkpoint.open(note, [public(private, "ndxp.example/other")])


def test_a_key_that_nobody_knows_proves_nothing(private: Ed25519PrivateKey) -> None:
    note = sign_note(str(CHECKPOINT), NAME, [private])
    with pytest.raises(NoteRefused, match="no key that is known"):
        Checkpoint.open(note, [public(Ed25519PrivateKey.generate())])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "x",
        "a\n1\nb\n",
        "\u2014 x\n\n\u2014 y\n",
        "a\n\nb\n",
        "a\n\n\u2014 b !!\n",
        "a\n\n\u2014 b YQ==\n",
        "a" * 200_000,
    ],
)
def test_what_is_no_note_is_refused(text: str, private: Ed25519PrivateKey) -> None:
    with pytest.raises(NoteRefused):
        open_note(text, [public(private)])


@pytest.mark.parametrize("size", ["-1", "01", "1.0", "", "x", "9" * 30])
def test_a_size_that_is_no_number_is_refused(size: str) -> None:
    with pytest.raises(NoteRefused):
        Checkpoint.parse(f"{NAME}\n{size}\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n")


@pytest.mark.parametrize("root", ["", "AAEC", "!", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"])
def test_a_root_that_is_no_hash_is_refused(root: str) -> None:
    with pytest.raises(NoteRefused):
        Checkpoint.parse(f"{NAME}\n1\n{root}\n")


def test_who_trusts_a_key_trusts_those_that_it_has_led_to(private: Ed25519PrivateKey) -> None:
    second, third, stranger = (Ed25519PrivateKey.generate() for _ in range(3))
    changes = [
        sign_note(str(KeyChange(public(second))), NAME, [private]),
        sign_note(str(KeyChange(public(stranger))), NAME, [stranger]),
        sign_note(str(CHECKPOINT), NAME, [private]),
        sign_note(str(KeyChange(public(third))), NAME, [second]),
        "no note",
    ]
    assert KeyChange.follow([public(private)], changes) == [public(private), public(second), public(third)]


def test_only_a_statement_of_a_retention_is_one(private: Ed25519PrivateKey) -> None:
    said = Retention(NAME, 7, "2026-01-01T00:00:00+00:00")
    assert Retention.open(sign_note(str(said), NAME, [private]), [public(private)]) == said
    for text in (str(CHECKPOINT), str(KeyChange(public(private))), str(said).replace("7", "x"), f"{said}more\n"):
        with pytest.raises(NoteRefused):
            Retention.open(sign_note(text, NAME, [private]), [public(private)])


def test_a_statement_about_a_check_is_nothing_else_and_nothing_else_is_one(private: Ed25519PrivateKey) -> None:
    keys = [public(private)]
    note = sign_note(str(Conformance(NAME, "0" * 64, "now")), NAME, [private])
    assert Conformance.open(note, keys) == Conformance(NAME, "0" * 64, "now")
    for other in (Checkpoint, Retention, Loss):
        with pytest.raises(NoteRefused):
            other.open(note, keys)
    assert KeyChange.follow(keys, [note]) == keys
    for text in (str(CHECKPOINT), str(Retention(NAME, 1, "now")), f"{NAME} conformance\nzero\nnow\n"):
        with pytest.raises(NoteRefused, match="not a statement about the check of an agency"):
            Conformance.open(sign_note(text, NAME, [private]), keys)


@pytest.mark.parametrize(
    "text", ["", "x", "a+b", "a+00000000+AQ==", PUBLISHED_KEY.replace("c7", "c8"), PUBLISHED_KEY[:-4]]
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(NoteRefused):
        Key.parse(text)
