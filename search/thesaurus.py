"""Words of the field that readers and titles use for one another, as the catalogue's first synonyms.

Each line is a group: a question with one of its words finds papers with any other, at a discount. They are written down by hand,
kept to words that mean nearly the same in papers about language models; curators add to them and take away in the admin.
"""

GROUPS = tuple(
    tuple(line.split())
    for line in """
survey review overview
benchmark test evaluation testbed suite assessment
measuring metric evaluation
video movie clip film
compression shrinking condensing squeezing
compressed smaller compact
eviction dropping discarding removing forgetting
pruning removing dropping skipping
quantization bits precision
medical clinical health doctor patient
legal law court
financial finance filing
dialogue conversation chat
chatbot assistant
novel book fiction
story narrative tale
code program programming software
repository codebase project
summarization summary gist
efficient fast cheap
acceleration speedup faster
latency delay
throughput speed
extension extending stretching enlarging
extrapolation extending generalization
extrapolation beyond unseen
positional position order
rotary rotation
recurrent rnn recurrence
translation translating
citation attribution citing
recommendation recommender
agent assistant
image picture visual
budget limit
finetuning tuning adaptation
synthetic artificial generated
retrieval search lookup
retriever embedding
inference serving decoding
serving deployment
infinite unbounded unlimited endless
million 1m
sparse sparsity selective
document report article
hallucination unfaithful
faithful faithfulness grounded
attack adversarial jailbreak
speech audio spoken
graph network
layer depth
mathematical math arithmetic
parallel parallelism distributed
gpu accelerator hardware
kernel hardware
linear subquadratic
quadratic cost
window length
chunk segment block piece
segment passage
memory remember recall
lost forgotten
middle position
haystack needle
reasoning thinking deduction
multihop multistep
speculative draft
draft guess
distillation teacher
merge merging combining
sharing reuse
offloading cpu
reuse caching
routing gate
experts mixture
tokenizer byte
byte character
hierarchical tree
tree hierarchy
knowledge facts
personalization user
personalized user
lifelong continual
multilingual language
crosslingual language
question query
answering qa
manyshot demonstrations
fewshot demonstrations
demonstration example
incontext demonstrations
alignment preference
reward preference
instruction command
prompt instruction
safety harm
theory theoretical analysis
theoretical proof
expressive expressivity power
limitation weakness
robust robustness noise
distraction distractor irrelevant
irrelevant noise
sink first
streaming online
scheduling requests
batch requests
position bias
bias preference
length size
curriculum schedule
packing concatenating
packing batching
upcycling converting
convert transform
latent hidden
state hidden
lowrank projection
projection compression
embedding vector
vector representation
reranking ranking
chemistry molecule
biology protein
genomic dna
protein biology
timeseries forecasting
planning plan
game play
tool api
function api
web browser
table spreadsheet
ocr scanned
multimodal vision
page document
scientific science
writing generation
essay writing
creative writing
outline plan
""".strip().splitlines()
)

# What Chinese readers call things that most titles have in English only.
CHINESE = tuple(
    (chinese, english)
    for chinese, english in (
        line.split(" ", 1)
        for line in """
长文本 long context
长上下文 long context
上下文窗口 context window
上下文 context
长度外推 length extrapolation
外推 extrapolation
位置编码 position encoding
旋转位置编码 rotary position embedding
注意力 attention
稀疏注意力 sparse attention
线性注意力 linear attention
稀疏 sparse
缓存 cache
压缩 compression
量化 quantization
剪枝 pruning
记忆 memory
长期记忆 long term memory
遗忘 forgetting
检索 retrieval
检索增强 retrieval augmented
检索增强生成 retrieval augmented generation
综述 survey
评测 benchmark evaluation
基准 benchmark
大海捞针 needle in a haystack
双语 bilingual
中文 chinese
故事 story
理解 understanding
生成 generation
大模型 large language model
大语言模型 large language model
语言模型 language model
多模态 multimodal
视频 video
图像 image
智能体 agent
推理 reasoning inference
思维链 chain of thought
训练 training
微调 fine tuning
对齐 alignment
硬件 hardware
高效 efficient
加速 acceleration
文档 document
摘要 summarization
问答 question answering
翻译 translation
代码 code
对话 dialogue
状态空间模型 state space model
循环 recurrent
分词 tokenizer
幻觉 hallucination
提示 prompt
示例 demonstrations
""".strip().splitlines()
    )
)
