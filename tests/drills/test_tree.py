"""The copy that drills change is the product, and is not the project."""

from __future__ import annotations

from .conftest import ROOT, Tree


def test_the_copy_runs_on_its_own_files(tree: Tree) -> None:
    done = tree.run(
        "-c", "import llamafleet, llamafleet_roles as r; print(llamafleet.__file__, r.__file__)"
    )
    assert done.returncode == 0, done.stderr
    for path in done.stdout.split():
        assert path.startswith(str(tree.root))
    assert (tree.root / "dsl" / "llamafleet_roles").is_symlink()


def test_a_change_stays_in_the_copy(tree: Tree) -> None:
    before = (ROOT / "README.md").read_text(encoding="utf-8")
    done = tree.run("-c", "open('README.md', 'a').write('planted')")
    assert done.returncode == 0
    assert tree.read("README.md") == f"{before}planted"
    assert (ROOT / "README.md").read_text(encoding="utf-8") == before
