"""Every code a diagnostic can carry: how severe it is unless said otherwise, and what it means.

A code is never renamed, and one that is no longer found stays listed.
"""

from __future__ import annotations

from .model import Severity

E, W = Severity.ERROR, Severity.WARNING

CODES: dict[str, tuple[Severity, str]] = {
    "alias-conflict": (E, "Two models of one service would answer to the same id."),
    "bad-allow": (W, "An allow names no code, one that does not exist, or no reason."),
    "bad-handle": (E, "A handle of a matrix is one that llama-swap refuses or misreads."),
    "bad-name": (E, "A name holds what cannot become part of a path, a unit or an API."),
    "circular-set": (E, "Sets of a matrix refer to each other in a circle."),
    "conflicting-keys": (E, "Two things are said that exclude each other."),
    "context-per-slot": (W, "Slots share a context so small that each has next to nothing."),
    "dangerous-flag": (W, "Whoever reaches a server may use tools that act on its host."),
    "duplicate-block": (E, "A block stands twice where there can be one."),
    "duplicate-key": (E, "A key is set twice in one block, perhaps in two spellings."),
    "duplicate-name": (E, "Two things of one kind have the same name."),
    "exposed": (W, "A service answers everyone who reaches its host, without a key."),
    "flag-table": (W, "There is no table of a build's flags, so that of another stands in."),
    "flag-value": (
        E,
        "A flag among the arguments lacks its value, or has one that is refused or misread.",
    ),
    "gpu-arch": (
        E,
        "The toolkit of a build cannot compile for a card, or its architecture is misspelt.",
    ),
    "gpu-backend": (E, "A build cannot compute on the cards that it is meant for."),
    "gpu-index": (E, "A model is pinned to a GPU that its host does not have."),
    "gpu-shared": (W, "Two services of one host use the same GPU, and neither knows of the other."),
    "idle-slots": (W, "A limit keeps requests away from slots that are there for them."),
    "ignored-flag": (W, "A flag has no effect beside another one."),
    "include-cycle": (E, "A file includes itself, directly or by way of others."),
    "language-version": (
        E,
        "A file does not begin with a language version that this release reads.",
    ),
    "like-chain": (E, "A model is like one that is itself like another, or like itself."),
    "listen-conflict": (E, "Two processes of one host would listen on the same port."),
    "llama-swap-macro": (E, "A text holds what llama-swap would take for a macro."),
    "main-gpu": (E, "The main GPU is one that the model does not see."),
    "matrix-too-large": (E, "A matrix means more combinations than can be checked."),
    "misplaced-block": (E, "A block stands where its kind means nothing."),
    "misplaced-set": (E, "A line of two words and a value stands where only keys may."),
    "missing-key": (E, "A block lacks what it cannot do without."),
    "missing-name": (E, "A block that must have a name has none."),
    "model-in-no-set": (
        W,
        "A model is in no set of its service's matrix, so it always runs alone.",
    ),
    "no-gpu": (E, "A process for each GPU is wanted where there is no GPU."),
    "not-kept-warm": (W, "A model that is to stay loaded is unloaded by requests for others."),
    "not-text": (E, "A file is not UTF-8 text."),
    "overridden-flag": (W, "A flag never counts, because every request says something else."),
    "owned-flag": (E, "Arguments set what llamafleet sets itself."),
    "port-range": (E, "More ports are needed than there are left."),
    "preload-conflict": (W, "Loading one model at start unloads another that was loaded at start."),
    "preload-ttl": (W, "A model is loaded at start, and unloaded again for want of requests."),
    "quantised-cache": (
        E,
        "A KV cache has a format that the server refuses, or has no kernel for.",
    ),
    "redundant-set": (W, "A set of a matrix is part of others, so it never decides anything."),
    "refused-key": (E, "A key is a flag that llamafleet sets itself, or that means nothing here."),
    "removed-flag": (E, "A build's llama-server does not have a flag that another one has."),
    "repeated-flag": (W, "A flag is given twice, and the last one wins."),
    "repeated-include": (W, "A file includes the same other file twice."),
    "reserved-name": (W, "The id of a model has a meaning of its own upstream."),
    "set-tie": (
        W,
        "A request may evict either of two models at equal cost, so only order decides.",
    ),
    "short-timeout": (W, "Something gives up before a model can have been loaded."),
    "split-mode": (E, "A build cannot split a model like this, or not together with other flags."),
    "syntax": (E, "A line does not follow the grammar."),
    "tensor-split": (W, "There are more or fewer shares than GPUs."),
    "unknown-block": (E, "A block is of a kind that does not exist."),
    "unknown-directive": (E, "A line at top level starts with a word that is no directive."),
    "unknown-flag": (E, "A build's llama-server has no such flag."),
    "unknown-key": (E, "A block has no such key."),
    "unknown-member": (E, "A matrix names what is no model of its service."),
    "unknown-name": (E, "Something is referred to that nothing declares."),
    "unreachable-upstream": (E, "A proxy stands before what only another host can reach."),
    "unreadable-file": (E, "A file cannot be read: it is missing, a directory, or not permitted."),
    "unused-allow": (W, "An allow silences nothing."),
    "unused-definition": (W, "Something is declared that no service leads to."),
    "version-needed": (E, "Something needs a newer llama-swap than the service declares."),
    "visible-devices": (W, "The environment of a model overrides the GPUs that it is pinned to."),
    "wrong-type": (E, "A value is not what its key takes."),
}
