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

# What Chinese readers call things that most titles have in English only, in simplified signs, then in traditional ones.
CHINESE = tuple(
    (chinese, english)
    for chinese, english in (
        line.split(" ", 1)
        for line in """
长文本 long context
长上下文 long context
超长上下文 long context
长序列 long sequence
长文档 long document
长距离 long range
长程 long range
长视频 long video
上下文窗口 context window
上下文长度 context length
上下文扩展 context extension
上下文学习 in context learning
上下文压缩 context compression
上下文 context
窗口 window
滑动窗口 sliding window
长度外推 length extrapolation
长度泛化 length generalization
外推 extrapolation
插值 interpolation
泛化 generalization
位置编码 position encoding
位置编码 positional encoding
位置嵌入 position embedding
相对位置 relative position
旋转位置编码 rotary position embedding
位置偏差 position bias
位置偏差 positional bias
位置偏见 position bias
注意力 attention
自注意力 self attention
注意力汇聚 attention sink
注意力机制 attention
稀疏注意力 sparse attention
线性注意力 linear attention
全注意力 full attention
稀疏 sparse
复杂度 complexity
二次复杂度 quadratic complexity
线性复杂度 linear complexity
缓存 cache
键值缓存 key value cache
键值 key value
前缀缓存 prefix caching
驱逐 eviction
淘汰 eviction
压缩 compression
提示压缩 prompt compression
量化 quantization
剪枝 pruning
蒸馏 distillation
知识蒸馏 knowledge distillation
低秩 low rank
卸载 offloading
共享 sharing
合并 merging
记忆 memory
长期记忆 long term memory
短期记忆 short term memory
记忆增强 memory augmented
内存 memory
显存 gpu memory
显存 memory
遗忘 forgetting
灾难性遗忘 catastrophic forgetting
检索 retrieval
检索增强 retrieval augmented
检索增强生成 retrieval augmented generation
重排序 reranking
向量 vector
嵌入 embedding
分块 chunking
知识图谱 knowledge graph
知识库 knowledge base
知识编辑 knowledge editing
综述 survey
评测 benchmark evaluation
评估 evaluation
评价 evaluation
基准 benchmark
基准测试 benchmark
数据集 dataset
大海捞针 needle in a haystack
中间丢失 lost in the middle
双语 bilingual
多语言 multilingual
跨语言 cross lingual
中文 chinese
故事 story
小说 novel
书籍 book
理解 understanding
生成 generation
长文本生成 long form generation
长文生成 long form generation
大模型 large language model
大语言模型 large language model
语言模型 language model
小模型 small model
预训练 pre training
预训练模型 pretrained model
继续预训练 continual pre training
多模态 multimodal
视觉语言模型 vision language model
视频 video
视频理解 video understanding
图像 image
语音 speech
音频 audio
智能体 agent
多智能体 multi agent
工具调用 tool use
工具 tool
规划 planning
推理 reasoning inference
推理加速 inference acceleration
推理模型 reasoning model
思维链 chain of thought
多跳 multi hop
自我反思 self reflection
反思 reflection
训练 training
免训练 training free
无需训练 training free
微调 fine tuning
指令微调 instruction tuning
指令 instruction
监督微调 supervised fine tuning
高效微调 efficient fine tuning
对齐 alignment
偏好优化 preference optimization
偏好 preference
奖励模型 reward model
奖励 reward
强化学习 reinforcement learning
硬件 hardware
高效 efficient
加速 acceleration
效率 efficiency
吞吐 throughput
吞吐量 throughput
延迟 latency
并行 parallel
序列并行 sequence parallelism
分布式 distributed
调度 scheduling
批处理 batching
服务 serving
预填充 prefill
解码 decoding
推测解码 speculative decoding
投机解码 speculative decoding
投机采样 speculative sampling
采样 sampling
早退 early exit
层跳过 layer skipping
文档 document
摘要 summarization
问答 question answering
阅读理解 reading comprehension
翻译 translation
机器翻译 machine translation
代码 code
代码生成 code generation
代码补全 code completion
仓库级 repository level
代码仓库 repository
对话 dialogue
对话系统 dialogue system
多轮对话 multi turn dialogue
推荐 recommendation
个性化 personalized
状态空间模型 state space model
状态空间 state space
循环神经网络 recurrent neural network
循环 recurrent
卷积 convolution
混合架构 hybrid architecture
混合模型 hybrid model
混合专家 mixture of experts
专家 experts
路由 routing
架构 architecture
分层 hierarchical
层次化 hierarchical
动态 dynamic
自适应 adaptive
流式 streaming
无限 infinite
无限长 infinite
分词 tokenizer
词元 token
词表 vocabulary
字节 byte
幻觉 hallucination
忠实 faithful
引用 citation
归因 attribution
可解释性 interpretability
机制 mechanism
理论 theory
表达能力 expressive power
缩放定律 scaling law
扩展定律 scaling law
规模定律 scaling law
困惑度 perplexity
合成数据 synthetic data
数据合成 data synthesis
课程学习 curriculum learning
持续学习 continual learning
终身学习 lifelong learning
测试时 test time
安全 safety
越狱 jailbreak
攻击 attack
隐私 privacy
鲁棒性 robustness
偏差 bias
噪声 noise
干扰 distraction
提示 prompt
提示词 prompt
少样本 few shot
多样本 many shot
零样本 zero shot
示例 demonstrations
医疗 medical
法律 legal
金融 financial
数学 mathematical
表格 table
时间序列 time series
基因组 genomic
蛋白质 protein
長文本 long context
長上下文 long context
長序列 long sequence
長文檔 long document
長文件 long document
長影片 long video
上下文長度 context length
上下文擴展 context extension
上下文學習 in context learning
上下文壓縮 context compression
上下文視窗 context window
視窗 window
滑動視窗 sliding window
長度外推 length extrapolation
長度泛化 length generalization
位置編碼 position encoding
位置編碼 positional encoding
相對位置 relative position
旋轉位置編碼 rotary position embedding
注意力機制 attention
線性注意力 linear attention
複雜度 complexity
快取 cache
緩存 cache
鍵值快取 key value cache
鍵值緩存 key value cache
鍵值 key value
驅逐 eviction
壓縮 compression
提示壓縮 prompt compression
蒸餾 distillation
知識蒸餾 knowledge distillation
卸載 offloading
記憶 memory
長期記憶 long term memory
短期記憶 short term memory
記憶體 memory
顯存 gpu memory
遺忘 forgetting
災難性遺忘 catastrophic forgetting
檢索 retrieval
檢索增強 retrieval augmented
檢索增強生成 retrieval augmented generation
重新排序 reranking
知識圖譜 knowledge graph
綜述 survey
評測 benchmark evaluation
評估 evaluation
基準 benchmark
基準測試 benchmark
資料集 dataset
大海撈針 needle in a haystack
雙語 bilingual
多語言 multilingual
書籍 book
小說 novel
長文生成 long form generation
大語言模型 large language model
大型語言模型 large language model
語言模型 language model
預訓練 pre training
多模態 multimodal
視覺語言模型 vision language model
影片 video
影片理解 video understanding
影像 image
圖像 image
語音 speech
音訊 audio
智慧體 agent
智能體 agent
代理 agent
多智能體 multi agent
工具呼叫 tool use
規劃 planning
思維鏈 chain of thought
訓練 training
微調 fine tuning
指令微調 instruction tuning
監督微調 supervised fine tuning
對齊 alignment
獎勵模型 reward model
強化學習 reinforcement learning
硬體 hardware
延遲 latency
並行 parallel
平行 parallel
序列並行 sequence parallelism
分散式 distributed
分佈式 distributed
排程 scheduling
預填充 prefill
解碼 decoding
推測解碼 speculative decoding
採樣 sampling
文檔 document
問答 question answering
閱讀理解 reading comprehension
翻譯 translation
機器翻譯 machine translation
程式碼 code
代碼 code
程式碼生成 code generation
倉庫級 repository level
對話 dialogue
推薦 recommendation
個人化 personalized
狀態空間模型 state space model
循環神經網路 recurrent neural network
循環 recurrent
卷積 convolution
混合專家 mixture of experts
專家 experts
架構 architecture
分層 hierarchical
動態 dynamic
自適應 adaptive
無限 infinite
分詞 tokenizer
詞元 token
幻覺 hallucination
可解釋性 interpretability
機制 mechanism
理論 theory
合成資料 synthetic data
持續學習 continual learning
測試時 test time
越獄 jailbreak
隱私 privacy
雜訊 noise
提示詞 prompt
少樣本 few shot
零樣本 zero shot
醫療 medical
數學 mathematical
時間序列 time series
蛋白質 protein
""".strip().splitlines()
    )
)
