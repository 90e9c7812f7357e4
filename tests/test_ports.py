from tests.ports import free_port


def test_no_port_is_given_twice_before_whoever_has_it_can_listen() -> None:
    given = [free_port() for _ in range(300)]

    assert len(set(given)) == len(given)
