# Short names for the scripts in deploy/; everything works without make.
.PHONY: demo test build model lint
demo: ; deploy/demo
test: ; deploy/test
build: ; deploy/install-dependencies && swift build -c release --product hashiflex
lint: ; swift format lint --strict --recursive Sources Tests

# Makes what is built in besides the backbone again, byte for byte, from Fashion-MNIST and the backbone: both heads, the
# golden layer digests, the sample. The backbone itself comes from training/ (hours on a CPU):
#   hashiflex harden training/export/po2.safetensors -o $(DATA)/backbone.safetensors
FASHION = /usr/share/datasets/fashion-mnist
DATA = Sources/CEmbeddedModel/data
FIT = .build/release/hashiflex head fit --model $(DATA)/backbone.safetensors --classes fashion-mnist \
	--data $(FASHION)/train-images-idx3-ubyte.gz --test $(FASHION)/t10k-images-idx3-ubyte.gz
model: build
	deploy/install-dependencies test
	$(FIT) --only 0-5,7,9 --name fashion@v1 -o $(DATA)/head-v1.safetensors
	$(FIT) --name fashion@v2 -o $(DATA)/head-v2.safetensors
	.build/release/hashiflex verify $(DATA)/backbone.safetensors --limit 8 --trace $(DATA)/golden.jsonl
	.build/release/hashiflex model sample $(FASHION)/t10k-images-idx3-ubyte.gz -o $(DATA)/fashion-sample.tar
