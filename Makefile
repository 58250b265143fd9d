# Short names for the scripts in deploy/; everything works without make.
.PHONY: demo test build model lint
demo: ; deploy/demo
test: ; deploy/test
build: ; deploy/install-dependencies && swift build -c release --product hashiflex
lint: ; swift format lint --strict --recursive Sources Tests

# Makes the built-in backbone, heads and sample again, byte for byte, from Fashion-MNIST.
FASHION = /usr/share/datasets/fashion-mnist
DATA = Sources/CEmbeddedModel/data
model: build
	deploy/install-dependencies test
	.build/release/hashiflex model initialise --calibration $(FASHION)/train-images-idx3-ubyte.gz -o $(DATA)/backbone.safetensors
	.build/release/hashiflex head fit --model $(DATA)/backbone.safetensors --data $(FASHION)/train-images-idx3-ubyte.gz --test $(FASHION)/t10k-images-idx3-ubyte.gz --classes fashion-mnist --only 0-7 --name fashion@v1 -o $(DATA)/head-v1.safetensors
	.build/release/hashiflex head fit --model $(DATA)/backbone.safetensors --data $(FASHION)/train-images-idx3-ubyte.gz --test $(FASHION)/t10k-images-idx3-ubyte.gz --classes fashion-mnist --name fashion@v2 -o $(DATA)/head-v2.safetensors
	.build/release/hashiflex model sample $(FASHION)/t10k-images-idx3-ubyte.gz -o $(DATA)/fashion-sample.tar
