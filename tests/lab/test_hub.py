"""The local Hub under the real huggingface_hub client."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import HfApi, hf_hub_download, snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from tests.lab.hub import Hub, StoredFile, running_hub

WEIGHTS = random.Random(1).randbytes(300_000)
TOKEN = "hf_right"


@pytest.fixture
def hub() -> Hub:
    """One open and one gated repository."""
    hub = Hub()
    files = {"tiny-Q8_0.gguf": WEIGHTS, "sub/part.gguf": b"part", "README.md": b"# Tiny\n"}
    hub.add("lab/tiny-GGUF", files)
    hub.add("lab/gated-GGUF", {"secret.gguf": b"secret weights"}, token=TOKEN)
    return hub


@pytest.fixture
def endpoint(hub: Hub) -> Iterator[str]:
    """The running Hub's address."""
    with running_hub(hub) as url:
        yield url


def test_model_info_names_commit_sizes_and_hashes(hub: Hub, endpoint: str) -> None:
    info = HfApi(endpoint=endpoint, token=False).model_info("lab/tiny-GGUF", files_metadata=True)
    assert info.sha == hub.repositories["lab/tiny-GGUF"].commit
    siblings = {each.rfilename: each for each in info.siblings or ()}
    assert sorted(siblings) == ["README.md", "sub/part.gguf", "tiny-Q8_0.gguf"]
    weights = siblings["tiny-Q8_0.gguf"]
    assert weights.size == len(WEIGHTS)
    assert weights.lfs is not None
    assert weights.lfs.sha256 == hashlib.sha256(WEIGHTS).hexdigest()
    assert siblings["README.md"].lfs is None


def test_a_revision_may_be_the_commit_and_an_unknown_one_is_named(endpoint: str) -> None:
    api = HfApi(endpoint=endpoint, token=False)
    commit = api.model_info("lab/tiny-GGUF").sha
    assert api.model_info("lab/tiny-GGUF", revision=commit).sha == commit
    with pytest.raises(RevisionNotFoundError):
        api.model_info("lab/tiny-GGUF", revision="nightly")
    with pytest.raises(RepositoryNotFoundError):
        api.model_info("lab/none")


def test_tree_and_paths_info(endpoint: str) -> None:
    api = HfApi(endpoint=endpoint, token=False)
    assert set(api.list_repo_files("lab/tiny-GGUF")) == {
        "README.md",
        "sub/part.gguf",
        "tiny-Q8_0.gguf",
    }
    assert [each.path for each in api.list_repo_tree("lab/tiny-GGUF", "sub")] == ["sub/part.gguf"]
    found = api.get_paths_info("lab/tiny-GGUF", ["tiny-Q8_0.gguf", "absent"])
    assert [each.path for each in found] == ["tiny-Q8_0.gguf"]


def test_downloads_one_file(endpoint: str, tmp_path: Path) -> None:
    path = hf_hub_download(
        "lab/tiny-GGUF", "tiny-Q8_0.gguf", endpoint=endpoint, local_dir=tmp_path, token=False
    )
    assert Path(path) == tmp_path / "tiny-Q8_0.gguf"
    assert Path(path).read_bytes() == WEIGHTS


def test_missing_file_is_named(endpoint: str, tmp_path: Path) -> None:
    with pytest.raises(RemoteEntryNotFoundError):
        hf_hub_download(
            "lab/tiny-GGUF", "none.gguf", endpoint=endpoint, local_dir=tmp_path, token=False
        )


def test_downloads_a_snapshot(endpoint: str, tmp_path: Path) -> None:
    snapshot_download("lab/tiny-GGUF", endpoint=endpoint, local_dir=tmp_path, token=False)
    assert (tmp_path / "README.md").read_bytes() == b"# Tiny\n"
    assert (tmp_path / "sub" / "part.gguf").read_bytes() == b"part"
    assert (tmp_path / "tiny-Q8_0.gguf").read_bytes() == WEIGHTS


def test_a_second_download_fetches_no_content(hub: Hub, endpoint: str, tmp_path: Path) -> None:
    for _ in range(2):
        hf_hub_download(
            "lab/tiny-GGUF", "tiny-Q8_0.gguf", endpoint=endpoint, local_dir=tmp_path, token=False
        )
    assert len([each for each in hub.requests if each.path.startswith("/blobs/")]) == 1


def test_gated_repository_needs_the_right_token(hub: Hub, endpoint: str, tmp_path: Path) -> None:
    def download(token: str | bool) -> str:
        return hf_hub_download(
            "lab/gated-GGUF", "secret.gguf", endpoint=endpoint, local_dir=tmp_path, token=token
        )

    with pytest.raises(GatedRepoError):
        download(False)
    with pytest.raises(HfHubHTTPError, match="401"):
        download("hf_wrong")
    assert not (tmp_path / "secret.gguf").exists()
    assert Path(download(TOKEN)).read_bytes() == b"secret weights"
    content = [each for each in hub.requests if each.path.startswith("/blobs/")]
    assert [each.authorization for each in content] == [None]


def test_a_broken_download_resumes_with_a_range(hub: Hub, endpoint: str, tmp_path: Path) -> None:
    chunk = 10 * 2**20  # the client keeps nothing of a chunk that did not arrive whole
    weights = WEIGHTS * 40
    hub.add("lab/large-GGUF", {"large.gguf": weights})
    hub.break_after = chunk + 1000
    path = hf_hub_download(
        "lab/large-GGUF", "large.gguf", endpoint=endpoint, local_dir=tmp_path, token=False
    )
    assert Path(path).read_bytes() == weights
    ranges = [each.range for each in hub.requests if each.path.startswith("/blobs/")]
    assert ranges == [None, f"bytes={chunk}-"]


def test_content_that_is_not_what_the_hub_says(hub: Hub, endpoint: str, tmp_path: Path) -> None:
    """huggingface_hub does not hash what it gets, so that whoever uses it has to."""
    swapped = StoredFile(WEIGHTS[:1000], served=WEIGHTS[1000:2000])
    hub.add("lab/swapped-GGUF", {"tiny.gguf": swapped})
    path = hf_hub_download(
        "lab/swapped-GGUF", "tiny.gguf", endpoint=endpoint, local_dir=tmp_path, token=False
    )
    info = HfApi(endpoint=endpoint, token=False).model_info("lab/swapped-GGUF", files_metadata=True)
    assert info.siblings
    assert info.siblings[0].lfs is not None
    assert hashlib.sha256(Path(path).read_bytes()).hexdigest() != info.siblings[0].lfs.sha256
