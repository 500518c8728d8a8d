"""A credentials token as people carry it: to a chat, a form, a command line."""

from roaming.kernel.crypto import new_token


def test_it_is_letters_and_digits_alone_so_that_no_shell_and_no_command_takes_it_for_something_else() -> None:
    tokens = {new_token() for _ in range(500)}
    assert len(tokens) == 500
    assert {len(token) for token in tokens} == {43}
    assert all(token.isascii() and token.isalnum() for token in tokens)
