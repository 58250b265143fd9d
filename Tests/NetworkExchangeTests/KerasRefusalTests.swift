import Artifacts
import FloatNetwork
import NetworkExchange
import Testing
import TestSupport

/// Keras files that are of another network, or of none: what is said about them.
@Suite struct KerasRefusalTests {
    private let writer: KerasWriter

    init() throws {
        var random = SeededRandom(seed: 33)
        writer = KerasWriter(try random.network(widthPercent: 35, classes: 3))
    }

    private func reason(_ writer: KerasWriter, _ configuration: String? = nil) -> String {
        importError(KerasWriter.bytes, writer.options(configuration)).map { "\($0)" } ?? "no error"
    }

    /// The reason after a change to layer `name`.
    private func reason(_ name: String, _ change: (inout KerasWriter.Layer) -> Void) -> String {
        var writer = writer
        writer.change(name, change)
        return reason(writer)
    }

    @Test func layersThatComputeSomethingElseAreNamed() {
        let stem = "stem_relu"
        #expect(reason(stem) { $0.config = "" }.contains("node \"stem_relu\" (\"Relu\")"))
        #expect(reason(stem) { $0.config = #""max_value": 1"# }.contains("not to 0.0...1.0"))
        #expect(
            reason(stem) { $0.config = #""max_value": 6, "negative_slope": 0.1"# }.contains(
                "negative_slope 0.1"))
        #expect(reason(stem) { $0.className = "PReLU" }.contains("(\"PReLU\")"))
        #expect(
            reason(stem) {
                $0.className = "Activation"
                $0.config = #""activation": {"class_name": "function", "config": "hard_swish"}"#
            }.contains("(\"hard_swish\")"))
        #expect(reason("stem") { $0.config += #", "dilation_rate": [2, 2]"# }.contains("dilations"))
        #expect(
            reason("stem") { $0.config += #", "data_format": "channels_first""# }.contains(
                "Conv2D with channels first"))
        #expect(
            reason("stem") { $0.config = #""strides": [2, 2], "padding": "causal", "use_bias": true"# }
                .contains("padding \\\"causal\\\""))
        #expect(reason("stem") { $0.config = #""padding": "same", "use_bias": true"# }.contains("stride 2"))
        #expect(reason("pool") { $0.className = "GlobalMaxPooling2D" }.contains("GlobalMaxPooling2D"))
        #expect(reason("head") { $0.config = #""activation": "tanh""# }.contains("tanh"))
    }

    @Test func otherConnectionsAreNamed() throws {
        // A shortcut less: the next layer reads the sum's operand.
        var without = writer
        let sum = try #require(writer.layers.first { $0.className == "Add" })
        without.layers.removeAll { $0.name == sum.name }
        for index in without.layers.indices {
            without.layers[index].inputs = without.layers[index].inputs.map {
                $0 == sum.name ? sum.inputs[1] : $0
            }
        }
        #expect(reason(without).contains("expected Add of the block's input"))
        #expect(reason(sum.name) { $0.inputs[0] = "stem_relu" }.contains("shortcut of"))
        #expect(
            reason("head") { $0.inputs = ["nowhere"] }.contains(
                "reads \"nowhere\", which does not stand before it"))
        #expect(reason("head") { $0.moreCalls = 1 }.contains("layer \"head\" is used in 2 places"))
        var two = writer
        two.outputs.append("pool")
        #expect(reason(two).contains("has 2 outputs, expected one"))
        two.outputs = []
        #expect(reason(two).contains("has 0 outputs, expected one"))
        var second = writer
        second.layers.insert(
            .init(className: "InputLayer", name: "other", config: #""batch_shape": [null, 4]"#, inputs: []),
            at: 1)
        #expect(reason(second).contains("one of 2 inputs"))
    }

    @Test func numbersThatAreMissingOrWrongAreNamed() {
        let path = "model_weights/stem/stem/kernel:0"
        var other = writer
        other.tensors[path] = nil
        #expect(reason(other).contains("tensor \"stem/kernel\" is missing"))
        other.tensors[path] = .float32(name: path, shape: [2], values: [.nan, 1])
        #expect(reason(other).contains("\(path)"))
        other = writer
        let bias = "model_weights/stem/stem/bias:0"
        other.tensors[bias] = .float32(
            name: bias, shape: [16], values: [Float](repeating: .infinity, count: 16))
        #expect(reason(other).contains("NaN or infinity at element 0"))
        // What another kind of layer has, what is quantised, and what no dimension bounds.
        other = writer
        let added = "model_weights/head/head/lora_kernel_a:0"
        other.tensors[added] = .float32(name: added, shape: [1], values: [1])
        #expect(reason(other).contains("has \"\(added)\" beside its numbers"), "\(reason(other))")
        other = writer
        other.skipped = [path]
        #expect(reason(other).contains("integers (quantised, or bfloat16)"))
        other = writer
        for shape in [[0, 1, 0, 1 << 62], [1 << 62, 0, 1 << 62, 0]] {
            other.tensors[path] = .float32(name: path, shape: shape, values: [])
            #expect(reason(other).contains("stem"), "\(shape)")
        }
    }

    @Test func classesThatAreNotKerassOwnAreNamed() {
        for (members, named) in [
            (#", "module": "__main__", "registered_name": "my>Conv2D""#, "my>Conv2D"),
            (#", "module": null, "registered_name": "Conv2D""#, "Conv2D"),
            (#", "module": "my_layers", "registered_name": null"#, "my_layers"),
        ] {
            let text = reason("stem") { $0.members = members }
            #expect(text.contains("which only its own code knows") && text.contains(named), "\(text)")
        }
        let own = reason("stem") { $0.members = #", "module": "keras.layers", "registered_name": null"# }
        #expect(own == "no error")
        #expect(reason("pool") { $0.className = "RandomCrop" }.contains("RandomCrop"))
        #expect(reason("pool") { $0.className = "RandomTint" }.contains("RandomTint"))
    }

    @Test func whatChangesAnswersInPlainSightIsRefused() throws {
        var normalized = writer
        let name = "stem_BN"
        for role in ["gamma", "beta", "moving_mean", "moving_variance"] {
            normalized.set(name, role, [16], [Float](repeating: 1, count: 16))
        }
        normalized.insert(
            .init(className: "BatchNormalization", name: name, config: #""axis": 1"#, inputs: []),
            behind: "stem")
        #expect(reason(normalized).contains("BatchNormalization over axis [1]"), "\(reason(normalized))")
        normalized.change(name) { $0.config = #""axis": [3]"# }
        #expect(reason(normalized) == "no error")
        let training = """
            {"class_name": "Functional", "config": {"layers": [
            {"class_name": "InputLayer", "name": "pixels", "config": {"batch_input_shape": [null, 32, 32, 3]}},
            {"class_name": "Dropout", "name": "drop", "config": {},
             "inbound_nodes": [[["pixels", 0, 0, {"training": true}]]]}], "output_layers": [["drop", 0, 0]]}}
            """
        #expect(reason(writer, training).contains("layer \"drop\" is called with training=True"))
    }

    @Test func configurationsThatTellNoNetworkAreRefused() {
        #expect(reason(writer, "{").contains("its configuration is no JSON at byte 1"))
        #expect(reason(writer, "[]").contains("of class \"none\""))
        #expect(reason(writer, #"{"class_name": "Mine", "config": {}}"#).contains("of class \"Mine\""))
        #expect(
            reason(writer, #"{"class_name": "Sequential", "config": {"layers": []}}"#).contains(
                "has no layers"))
        #expect(
            reason(
                writer, #"{"class_name": "Sequential", "config": [{"class_name": "Dense", "config": {}}]}"#
            )
            .contains("a layer of class \"Dense\" has no name"))
        // Deep, and long.
        let deep = String(repeating: "[", count: 100_000)
        #expect(reason(writer, deep).contains("no JSON at byte 128: more than 128 levels"))
        let wide = String(repeating: "[", count: 100) + String(repeating: "1,", count: 200_000) + "1"
        #expect(reason(writer, wide).contains("expected , or ]"))
        #expect(reason(writer, String(repeating: " ", count: 1 << 22) + "{}").contains("above 4194304"))
        var nested = #"{"class_name": "Sequential", "config": {"name": "m", "layers": []}}"#
        for _ in 0..<200 {
            nested = #"{"class_name": "Sequential", "config": {"name": "m", "layers": [\#(nested)]}}"#
        }
        #expect(reason(writer, nested).hasPrefix("Keras: "))
    }

    /// No change of a few bytes stops the program, whatever it makes of the network.
    @Test func damagedConfigurationsStopNothing() throws {
        var random = SeededRandom(seed: 34)
        let text = Array(writer.configuration.utf8)
        var refused = 0
        for _ in 0..<40 {
            var bytes = text
            for _ in 0..<3 {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(32 + random.next() % 95)
            }
            let error = importError(KerasWriter.bytes, writer.options(String(decoding: bytes, as: UTF8.self)))
            if error != nil { refused += 1 }
        }
        #expect(refused > 25)
    }
}
