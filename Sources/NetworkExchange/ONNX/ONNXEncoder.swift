internal import COnnx

extension ONNXModel {
    /// The file: fields in the order of their numbers, empty ones left out, so that the same model gives the
    /// same bytes.
    ///
    /// protobuf-c reads tensors where they are, so that the result is the only copy.
    func encoded() -> [UInt8] {
        let writer = ModelWriter()
        let proto = writer.model(self)
        return withExtendedLifetime((self, writer)) {
            let count = onnx__model_proto__get_packed_size(proto)
            return Array(unsafeUninitializedCapacity: count) { buffer, used in
                if let start = buffer.baseAddress { used = onnx__model_proto__pack(proto, start) }
            }
        }
    }
}

/// Turns values into protobuf-c's structures, which live as long as this object and the values.
private final class ModelWriter {
    private var blocks: [UnsafeMutableRawPointer] = []

    deinit { for block in blocks { block.deallocate() } }

    func model(_ model: ONNXModel) -> UnsafeMutablePointer<Onnx__ModelProto> {
        var proto = Onnx__ModelProto()
        onnx__model_proto__init(&proto)
        (proto.has_ir_version, proto.ir_version) = (model.formatVersion == 0 ? 0 : 1, model.formatVersion)
        (proto.has_producer_name, proto.producer_name) = text(model.producer.name)
        (proto.has_producer_version, proto.producer_version) = text(model.producer.version)
        proto.graph = model.graph.map { block([graph($0)]) }
        (proto.n_opset_import, proto.opset_import) = list(model.operatorSets) { set in
            var proto = Onnx__OperatorSetIdProto()
            onnx__operator_set_id_proto__init(&proto)
            (proto.has_domain, proto.domain) = text(set.domain)
            (proto.has_version, proto.version) = (set.version == 0 ? 0 : 1, set.version)
            return proto
        }
        (proto.n_metadata_props, proto.metadata_props) = list(model.metadata) { entry in
            var proto = Onnx__StringStringEntryProto()
            onnx__string_string_entry_proto__init(&proto)
            (proto.has_key, proto.key) = text(entry.key)
            (proto.has_value, proto.value) = text(entry.value)
            return proto
        }
        return block([proto])
    }

    private func graph(_ graph: ONNXModel.Graph) -> Onnx__GraphProto {
        var proto = Onnx__GraphProto()
        onnx__graph_proto__init(&proto)
        (proto.n_node, proto.node) = list(graph.nodes, node)
        (proto.has_name, proto.name) = text(graph.name)
        (proto.n_initializer, proto.initializer) = list(graph.initializers, tensor)
        (proto.n_input, proto.input) = list(graph.inputs, value)
        (proto.n_output, proto.output) = list(graph.outputs, value)
        return proto
    }

    private func node(_ node: ONNXNode) -> Onnx__NodeProto {
        var proto = Onnx__NodeProto()
        onnx__node_proto__init(&proto)
        (proto.n_input, proto.input) = (node.inputs.count, block(node.inputs.map { text($0).1 }))
        (proto.n_output, proto.output) = (node.outputs.count, block(node.outputs.map { text($0).1 }))
        (proto.has_name, proto.name) = text(node.name)
        (proto.has_op_type, proto.op_type) = text(node.operatorType)
        (proto.n_attribute, proto.attribute) = list(node.attributes, attribute)
        return proto
    }

    private func attribute(_ attribute: ONNXAttribute) -> Onnx__AttributeProto {
        var proto = Onnx__AttributeProto()
        onnx__attribute_proto__init(&proto)
        (proto.has_name, proto.name) = text(attribute.name)
        proto.has_type = 1
        switch attribute.value {
        case .integer(let value):
            // A 0 as well: readers that tell a value from none refuse an attribute without.
            (proto.has_i, proto.i, proto.type) = (1, value, 2)
        case .integers(let values):
            (proto.n_ints, proto.ints, proto.type) = (values.count, start(of: values), 7)
        case .none, .real, .text, .tensor, .reals:
            preconditionFailure("no graph that is exported has attributes of this kind")
        }
        return proto
    }

    private func tensor(_ tensor: ONNXTensor) -> Onnx__TensorProto {
        var proto = Onnx__TensorProto()
        onnx__tensor_proto__init(&proto)
        (proto.n_dims, proto.dims) = (tensor.dimensions.count, block(tensor.dimensions))
        (proto.has_data_type, proto.data_type) = (1, tensor.elementType)
        (proto.has_name, proto.name) = text(tensor.name)
        proto.has_raw_data = tensor.raw.isEmpty ? 0 : 1
        proto.raw_data = ProtobufCBinaryData(len: tensor.raw.count, data: start(of: tensor.raw))
        return proto
    }

    private func value(_ value: ONNXValueInfo) -> Onnx__ValueInfoProto {
        var shape = Onnx__TensorShapeProto()
        onnx__tensor_shape_proto__init(&shape)
        (shape.n_dim, shape.dim) = list(value.dimensions) { size in
            var proto = Onnx__TensorShapeProto__Dimension()
            onnx__tensor_shape_proto__dimension__init(&proto)
            if let size {
                (proto.has_dim_value, proto.dim_value) = (1, size)
            } else {
                (proto.has_dim_param, proto.dim_param) = text("N")
            }
            return proto
        }
        var tensor = Onnx__TypeProto__Tensor()
        onnx__type_proto__tensor__init(&tensor)
        (tensor.has_elem_type, tensor.elem_type) = (1, value.elementType)
        tensor.shape = block([shape])
        var type = Onnx__TypeProto()
        onnx__type_proto__init(&type)
        type.tensor_type = block([tensor])
        var proto = Onnx__ValueInfoProto()
        onnx__value_info_proto__init(&proto)
        (proto.has_name, proto.name) = text(value.name)
        proto.type = block([type])
        return proto
    }
}

extension ModelWriter {
    /// A copy of `values` that stays where it is.
    private func block<Element: BitwiseCopyable>(_ values: [Element]) -> UnsafeMutablePointer<Element> {
        let block = UnsafeMutablePointer<Element>.allocate(capacity: values.count)
        block.initialize(from: values, count: values.count)
        blocks.append(UnsafeMutableRawPointer(block))
        return block
    }

    private func list<Value, Proto: BitwiseCopyable>(
        _ values: [Value], _ convert: (Value) -> Proto
    ) -> (Int, UnsafeMutablePointer<UnsafeMutablePointer<Proto>?>) {
        let protos = block(values.map(convert))
        return (values.count, block(values.indices.map { protos + $0 }))
    }

    /// Whether there is a text, and its UTF-8.
    private func text(_ text: String) -> (protobuf_c_boolean, ProtobufCBinaryData) {
        let bytes = Array(text.utf8)
        return (bytes.isEmpty ? 0 : 1, ProtobufCBinaryData(len: bytes.count, data: block(bytes)))
    }

    /// Where `numbers` are; protobuf-c only reads them.
    private func start<Element: BitwiseCopyable>(
        of numbers: ONNXNumbers<Element>
    ) -> UnsafeMutablePointer<Element>? {
        numbers.withUnsafeBufferPointer { $0.baseAddress.map { UnsafeMutablePointer(mutating: $0) } }
    }
}
