"""The Hub's metadata of a file that no lock knows, by huggingface_hub."""

from __future__ import annotations

from .job import Job, TransferError


def content_of(job: Job) -> tuple[str, int]:
    """Return SHA-256 and size in bytes of the job's file; raise TransferError if it has none."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.errors import (
        EntryNotFoundError,
        GatedRepoError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    url = hf_hub_url(job.repo, job.file, revision=job.revision, endpoint=job.endpoint)
    try:
        found = get_hf_file_metadata(url)
    except GatedRepoError as error:
        raise TransferError(
            f"{job.repo} is gated: accept its terms on the Hub, and set HF_TOKEN (hf_token in the "
            "inventory's data)"
        ) from error
    except RepositoryNotFoundError as error:
        raise TransferError(
            f"repository {job.repo} does not exist or is private: check hf-repo, or set HF_TOKEN "
            "(hf_token in the inventory's data)"
        ) from error
    except RevisionNotFoundError as error:
        raise TransferError(f"{job.repo} has no revision {job.revision}") from error
    except EntryNotFoundError as error:
        raise TransferError(f"{job.repo} has no file {job.file} at {job.revision}") from error
    if job.size and found.size and job.size != found.size:
        raise TransferError(
            f"{job.source} has {found.size} bytes, but the fleet file says {job.size}"
        )
    sha256 = found.etag or ""
    if len(sha256) != 64 or found.size is None:
        raise TransferError(
            f"{job.source} is not stored as a large file on the Hub, so it is not weights"
        )
    if job.sha256 not in (None, sha256):
        raise TransferError(
            f"{job.source} has SHA-256 {sha256}, but the fleet file says {job.sha256}"
        )
    return sha256, found.size
