"""Who fetches what, and who copies from whom: no host waits for one that waits for it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from llamafleet_roles.gguf_files.neighbours import Claim, Neighbours

HOSTS = tuple("abcdefgh")
SHARING = {host: f"http://{host}:8970" for host in HOSTS}


def rounds(files: dict[str, set[str]], wanted: dict[str, list[str]]) -> tuple[int, dict[str, int]]:
    """Let every host take one file a round; return the rounds and the fetches of each file."""
    run = Neighbours()
    for host in wanted:
        run.join(host, frozenset(name for name, hosts in files.items() if host in hosts))
    fetched: dict[str, int] = {}
    count = 0
    while any(wanted.values()):
        count += 1
        taken: list[tuple[str, str, Claim]] = []
        for host, left in wanted.items():
            for name in left:
                claim = run.claim(name, host, SHARING)
                if claim is not None:
                    taken.append((host, name, claim))
                    break
        assert taken, "everybody waits"
        for host, name, claim in taken:
            if claim.giver is None:
                fetched[name] = fetched.get(name, 0) + 1
            wanted[host].remove(name)
            run.settle(name, host, claim, done=True)
    return count, fetched


def test_hosts_that_have_a_file_double() -> None:
    count, fetched = rounds({}, {host: ["x"] for host in HOSTS})
    assert fetched == {"x": 1}
    assert count == 4  # one fetches, then 1, 2 and 4 copy


def test_several_files_are_fetched_by_several_hosts_at_once() -> None:
    count, fetched = rounds({}, {"a": ["x", "y"], "b": ["x", "y"]})
    assert fetched == {"x": 1, "y": 1}
    assert count == 2


def test_a_file_that_a_host_has_is_never_fetched() -> None:
    _, fetched = rounds({"x": {"a"}}, {"a": [], "b": ["x"], "c": ["x"]})
    assert fetched == {}


def test_another_host_fetches_what_the_first_could_not() -> None:
    run = Neighbours()
    first = run.claim("x", "a", SHARING)
    assert first is not None
    assert run.claim("x", "b", SHARING) is None
    run.settle("x", "a", first, done=False)
    assert run.claim("x", "b", SHARING) is not None


def test_hosts_outside_of_the_run_are_asked_before_the_hub() -> None:
    run = Neighbours()
    run.join("a", frozenset())
    claim = run.claim("x", "a", {"a": "http://a", "z": "http://z"})
    assert claim == Claim(("http://z",))


def test_a_host_that_does_not_share_gives_nothing() -> None:
    run = Neighbours()
    run.join("z", frozenset({"x"}))
    assert run.claim("x", "a", {"a": "http://a"}) == Claim(())


@given(
    st.dictionaries(st.sampled_from("xyz"), st.sets(st.sampled_from(HOSTS)), max_size=3),
    st.dictionaries(
        st.sampled_from(HOSTS), st.lists(st.sampled_from("xyz"), unique=True), max_size=8
    ),
)
def test_each_file_is_fetched_at_most_once(
    files: dict[str, set[str]], wanted: dict[str, list[str]]
) -> None:
    for name, hosts in files.items():
        for host in hosts:
            if name in wanted.get(host, []):
                wanted[host].remove(name)
    _, fetched = rounds(files, wanted)
    assert all(count == 1 for count in fetched.values())
