"""What the name of a system looks like: "SnapKV", "LongBench v2", "H2O", "RULER", "Mamba".

A name is distinctive when it cannot be an ordinary word: capitals inside, digits, all capitals. Any other capitalised word may be
coined ("Longformer") or not ("Focus"); that takes a look at how the other texts use it.
"""

import re
import unicodedata

_TITLE_BRACKETS = re.compile(r"\(([A-Z][\w+-]{1,30})\)")
_DASH = re.compile(r"\s+(?:-{1,3}|–|—)\s+")
_INTRODUCING = re.compile(r"(?:Introducing|Meet|Announcing)\s+(\S+(?:\s+(?:[vV]?\d[\d.]*))?)")

# A run of letters, digits and what names have between them; "+" and "*" may end it.
TOKEN = re.compile(r"[^\W_][\w∞]*(?:[-.][^\W_]\w*)*[+*]{0,2}|∞[\w-]*")
VERSION = re.compile(r"[vV]?\d{1,2}(?:\.\d{1,2})?")

_MOST_WORDS = 3
_MOST_LETTERS = 40
# Acronyms and capitalised words of the field, its venues, firms and tools: nobody's system.
_COMMON_WORDS = """
    3D 2D 1D 4D 5G 6G A100 AE AGI AI AIGC ANN ANOVA AP API APIs AR ARM ASIC ASR AST ATE AUC AUPRC AUROC AutoML AutoRegressive
    B200 BBH BERTs BERTScore BF16 BFS BLEU BM25 BOLD BPE BPTT CAD CFG CIDEr CIFAR CIFAR-10 CIFAR-100 CLI CLS CMOS CNN CNNs COVID COVID-19 CPU
    CPUs CRF CRFs CRISPR CSP CTC CTR CUDA CV CVPR CXL CoT DAG DAGs DARPA DBMS DCT DDR DFA DFS DIY DNA DNN DNNs DP DPO DPP DPPs DQN DRAM DRL DSL
    DSP ECCV ECG ED EEG EHR EHRs ELBO EM EMNLP EOS ERM EU F1 FAQ FFN FFNs FFT FID FL FLOP FLOPS FLOPs FP16 FP32 FP4 FP8 FPGA FPGAs FSM GAN
    GANs GB GBDT GCN GCNs GD GDPR GEMM GEMV GLM GMM GNN GNNs GP GPGPU GPS GPT GPTs GPU GPUs GQA GRPO GRU GRUs GitHub GUI GUIs GeLU Google GraphRAG
    H100 H200 H800 HBM HCI HMM HMMs HPC HTML HTTP HTTPS HuggingFace I/O ICCV ICL ICLR ICML ICD ICU ID IDE IDs IDF IE IEEE II III IIT IJCAI ILP IMDB
    INT2 INT4 INT8 IO IOAware IP IQ IR IRL IV IoT IoU JAX JIT JPEG JSON K-Means KB KBs KD KG KGs KKT KL KNN KV KVCache LDA LDS LIDAR LLM LLM-as-a-Judge
    LLMs LM LMM LMMs LMs LP LQR LRM LRMs LSH LSTM LSTMs LTL LTR LVLM LVLMs LVM LaTeX LiDAR LinkedIn LoRA LLMOps MAB MAE MAP MARL MB MCMC MCQ MCTS MDP MDPs MEG MHA MI
    MIMO MIP MIT ML MLA MLE MLLM MLLMs MLM MLP MLPs MLSys MMLU MNIST MoE MoEs MOOC MRC MRF MRI MSE MT MTL MTP MQA N-Gram NAACL NAS NASA NER NFL NFS NIST NLG NLI
    NLP NLU NMF NMT NP NP-Complete NP-Hard NPU NPUs NTK NUMA NVIDIA NVMe NeRF NeRFs NeurIPS NoPE OCR ODE ODEs OOD OOM OSS OpenAI OpenReview PAC PC PCA PCFG
    PCIe PDE PDEs PDF PDFs PE PEFT PGD PGM PLM PLMs POI POMDP POMDPs POS PPL PPO PR PRM PSNR PTQ PTM PyTorch Python QA QAT QKV QoE QoS Q-Learning Q-Function R2 RAG RAM RBF
    RBM RBMs RCT RDF RDMA RELU REST RGB RGB-D RKHS RL RLAIF RLHF RLVR RMS RMSE RNA RNN RNNs ROC ROI ROUGE ROUGE-L RTE RTL RoPE ReLU SAE SAEs SAT SDE SDEs SDK SDP SFT SGD SIFT SIMD SLA
    SLAM SLM SLMs SLO SLOs SMT SNN SNNs SNR SOTA SoTA SPARQL SQL SRAM SSD SSDs SSL SSIM SSM SSMs STEM STFT SVD SVM SVMs SVR TCP TD TF TF-IDF TNN TPU TPUs TTFT TTS TTT TensorFlow
    TikTok TPOT TV U-Net UAV UCB UI UIUC UK UMAP UNet URL URLs US USA UX VAE VAEs VC VI VLA VLAs VLLM VLM VLMs VM VMs VQ VQA VR VRAM ViT ViTs WMT WWW Wi-Fi X-Ray XAI XML XOR
    YouTube ZSL arXiv bfloat16 eBay fMRI iOS iPhone kNN k-NN macOS t-SNE
    """
_COMMON = frozenset(_COMMON_WORDS.split())
# Heads of titles that say what kind of text it is, or what it does.
_HEAD_WORDS = """
    abstract addendum analysis announcement appendix attention background baseline benchmark benchmarking benchmarks beyond blog case challenge challenges
    comment commentary comparison compression conclusion corrigendum critique dataset demo demonstration discussion editorial efficient erratum
    essay evaluation experiment experiments exploring extended findings foreword framework guide hypothesis insight insights interview introduction
    invited keynote learning lecture lesson lessons letter long memory method methods metrics model models motivation negative news note notes opinion outlook
    overview panel paper part perspective perspectives poster position preface preliminary preprint primer problem progress proof proposal prospects protocol question
    reasoning recap reinforcement rejoinder remark remarks reminder reply report reproducibility research response results retraction retrieval rethinking review reviews revisiting roadmap
    scaling search sequence series short sidebar sketch solution statement study summary supplement survey surveys symposium synthesis system systems talk task technical theory thesis
    thoughts toward towards training transformer transformers tutorial tutorials unified update vision viewpoint vs warning whitepaper why workshop
    """
_HEADS = frozenset(_HEAD_WORDS.split())
# Words that make a phrase of what they stand in.
_SMALL_WORDS = """
    a about above across after against all an and are as at be been before being beyond but by can could do does doing don't for from had has have how if in inside
    into is it its just less like make makes more most need needs no not of off on one only or our out over should than that the their them then there these they this to
    toward towards under up us via was we were what when where which while who why will with within without would you your
    """
_SMALL = frozenset(_SMALL_WORDS.split())
# "SnapKV-based" speaks of SnapKV and is no name.
SUFFIXES = (
    "augmented", "aware", "based", "compatible", "driven", "enhanced", "equipped", "family", "free", "generated", "guided", "inspired",
    "like", "only", "powered", "series", "specific", "style", "trained", "tuned", "type", "wise",
)  # fmt: skip
_SUFFIX = re.compile(rf"-(?:{'|'.join(SUFFIXES)})$", re.IGNORECASE)
_QUANTITY = re.compile(r"[~≈]?\d+(?:[.,]\d+)*[\w%×-]*")
_BOUND = re.compile(r"[A-Z]\d?")
_CASES = re.compile(r"[a-zß-ÿ][A-Z]|[A-Z]{2,}[a-z]{2,}|[A-Z][A-Z].*[a-z]{2}")


def named_in_title(title: str, most_words: int = 5) -> list[str]:
    """Return what stands where titles name things, as written: "Quest: …", "… (MInference)".

    What stands before a colon is a name when it has no more than so many words.
    """
    head, _, rest = unicodedata.normalize("NFKC", title).partition(":")
    names = [head.strip()] if rest and len(head.split()) <= most_words else []
    return names + _TITLE_BRACKETS.findall(title)


def headed(title: str) -> list[str]:
    """Like `named_in_title`, and what stands before a dash or after "Introducing"."""
    names = named_in_title(title)
    head, *rest = _DASH.split(title, maxsplit=1)
    if rest and ":" not in head:
        names.append(head)
    if match := _INTRODUCING.match(title):
        names.append(match[1].rstrip(",.:;"))
    return list(dict.fromkeys(name.strip() for name in names if name.strip()))


def is_distinctive(word: str) -> bool:
    """Whether one word cannot be an ordinary one."""
    bare = word.rstrip("+*")
    if word in _COMMON or bare in _COMMON or len(word) > _MOST_LETTERS:
        return False
    if _QUANTITY.fullmatch(word) or _SUFFIX.search(word):
        return False
    parts = [part for part in re.split(r"[-.]", bare) if part]
    if len(parts) > 1:
        return _is_distinctive_compound(parts, word)
    return _is_distinctive_part(bare) or (word != bare and bool(bare) and bare[0].isupper())


def _is_distinctive_compound(parts: list[str], word: str) -> bool:
    if any(_is_distinctive_part(part) and part not in _COMMON for part in parts):
        return True
    lone = [part for part in parts if _BOUND.fullmatch(part)]
    if lone and len(lone) < len(parts):  # "L-Eval", "A-MEM", but not "X-ray"
        return any(part[0].isupper() and len(part) > 2 for part in parts if part not in lone)
    # "Mamba-2", "Phi-3", "Transformer-XL": a word and a version.
    return len(parts) == 2 and parts[0][:1].isupper() and bool(
        VERSION.fullmatch(parts[1]) or re.fullmatch(r"[A-Z]{1,2}", parts[1])
    )  # fmt: skip


def _is_distinctive_part(part: str) -> bool:
    if part in _COMMON or len(part) < 3:
        return False
    if part.endswith("s") and part[:-1] in _COMMON:
        return False
    if any(char.isdigit() for char in part):
        return any(char.isupper() for char in part) and part[0].isalpha() and not _is_size(part)
    if part.isupper() and part.isalpha() and part.isascii():
        return not _is_roman(part)
    return "∞" in part or bool(_CASES.search(part))


def _is_size(part: str) -> bool:
    return bool(re.fullmatch(r"[A-Z]?\d+[KMBTGx]?", part)) and len(part) < 3


def _is_roman(part: str) -> bool:
    return bool(re.fullmatch(r"[IVX]+", part))


def is_coinable(word: str) -> bool:
    """Whether a word could be a coined name: one capitalised word of four letters or more that is no head of a section."""
    return (
        word.isalpha()
        and word.isascii()
        and len(word) >= 4
        and word[0].isupper()
        and word[1:].islower()
        and word.casefold() not in _HEADS
        and word.casefold() not in _SMALL
    )


def read_name(text: str) -> str:
    """Return a name without what stands around it; "" of a phrase, a question, or too much for a name."""
    name = " ".join(text.strip(" \t\n\"'“”‘’`*_,.;:").split())
    words = name.split()
    if not words or len(words) > _MOST_WORDS or len(name) > _MOST_LETTERS or "?" in name or "!" in name[:-1]:  # fmt: skip
        return ""
    if any(not _is_whole(word) for word in words):
        return ""
    if any(word.casefold() in _SMALL for word in words):
        return ""
    if len(words) == 1:
        return name if is_distinctive(name) or is_coinable(name) else ""
    return name if _is_name_of_words(words) else ""


def _is_whole(word: str) -> bool:
    return bool(TOKEN.fullmatch(word))


def _is_name_of_words(words: list[str]) -> bool:
    """ "LongBench v2", "MALT Diffusion", "Infini Attention"? Only with a word that is distinctive by itself."""
    if any(word in _COMMON for word in words):  # "LLM Maybe LongLM"
        return False
    for word in words[1:]:
        if not (word[0].isupper() or VERSION.fullmatch(word) or is_distinctive(word)):
            return False
    if VERSION.fullmatch(words[-1]):  # "Gemini 1.5", "Qwen2 VL 2"
        return all(is_distinctive(word) or is_coinable(word) for word in words[:1])
    return any(is_distinctive(word) for word in words)


def is_safe(name: str) -> bool:
    """Whether a name found in a text can hardly be anything else by its looks alone."""
    words = name.split()
    if len(name.rstrip("+*")) < 3:
        return False
    if len(words) == 1:
        return is_distinctive(name)
    return any(is_distinctive(word) for word in words) or bool(VERSION.fullmatch(words[-1]))


def is_unmistakable(name: str) -> bool:
    """Whether hardly two authors would think of a name: "FlashAttention", "LongBench", but not "ROME", "CoS" or "Mamba"."""
    letters = [char for char in name if char.isalpha()]
    return len(letters) >= 6 and sum(char.islower() for char in letters) >= 3 and is_safe(name)


_VERSIONED = re.compile(
    r"(.*?[^\W\d_.])([-\s]?)((?<=[-\s])[vV]|v|(?<=[a-z])V|)(\d{1,2}(?:\.\d{1,2})?)"
)
_PLUSSED = re.compile(r"(.*[^\W_])(\+{1,2})")


def base_and_version(name: str) -> tuple[str, tuple[float, str]] | None:
    """Split "FlashAttention-2" in "FlashAttention" and 2, and "BERT++" in "BERT" and plus; None without a version."""
    if match := _PLUSSED.fullmatch(name):
        return match[1], (1.5, match[2])
    match = _VERSIONED.fullmatch(name)
    if not match or len(match[1]) < 4:
        return None
    return match[1], (float(match[4]), "")


def spellings(name: str) -> list[str]:
    """Return the ways in which a name is written: "LongBench v2", "LongBench-v2", "LongBenchV2"."""
    match = _VERSIONED.fullmatch(name)
    if not match or len(match[1]) < 4:
        joined = [name.replace(" ", "-"), name.replace(" ", "")] if " " in name else []
        return list(dict.fromkeys([name, *joined]))
    base, _, letter, number = match.groups()
    letters = ("v", "V") if letter else ("",)
    return list(
        dict.fromkeys(
            [name, *(f"{base}{gap}{v}{number}" for v in letters for gap in ("", "-", " "))]
        )
    )
