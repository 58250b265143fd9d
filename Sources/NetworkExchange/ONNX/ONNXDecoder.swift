internal import COnnx

extension ONNXModel {
    /// The most nodes, attributes, tensors, dimensions, names and so on that are taken out of a file, all
    /// together; an export of a MobileNetV2 has fewer than 10,000.
    ///
    /// So the values made of them stay under 64 MiB, and texts together are no longer than the file.
    static let maximumItemCount = 1 << 18

    /// Reads a model file, believing nothing that it says of lengths and counts.
    ///
    /// protobuf-c copies what it reads, within a budget that follows from the size of the file (see
    /// `hsf_onnx_budget`). Numbers of tensors stay where it put them and live as long as a tensor does;
    /// `bytes` are given up before anything else is built.
    ///
    /// - Throws: `malformedModel`.
    init(decoding bytes: consuming [UInt8]) throws(NetworkImportError) {
        let memory = try UnpackedModel(bytes)
        // Gives the file's bytes back, if nobody else holds them.
        bytes = []
        var reader = ModelReader(memory: memory)
        self = try reader.model()
    }
}

/// A model as protobuf-c holds it.
private final class UnpackedModel {
    let model: UnsafeMutablePointer<Onnx__ModelProto>

    init(_ bytes: borrowing [UInt8]) throws(NetworkImportError) {
        let count = bytes.count
        var account = hsf_onnx_account()
        account.budget = hsf_onnx_budget(count)
        let model = bytes.withUnsafeBufferPointer { hsf_onnx_unpack($0.baseAddress, count, &account) }
        guard let model else {
            guard account.status == HSF_ONNX_MEMORY else {
                throw .malformedModel(reason: "the file is damaged or cut short")
            }
            let megabytes = (account.charged + account.refused) / 1_000_000
            throw .malformedModel(
                reason: "it would need more than \(megabytes) MB of memory for a file of \(count) bytes")
        }
        self.model = model
    }

    deinit { hsf_onnx_free(model) }
}

/// Turns protobuf-c's structures into values.
private struct ModelReader {
    let memory: UnpackedModel
    private var left = ONNXModel.maximumItemCount

    init(memory: UnpackedModel) { self.memory = memory }

    mutating func model() throws(NetworkImportError) -> ONNXModel {
        let proto = memory.model.pointee
        var model = ONNXModel()
        if proto.has_ir_version != 0 { model.formatVersion = proto.ir_version }
        model.producer = (try text(proto.producer_name), try text(proto.producer_version))
        model.operatorSets = try list(proto.opset_import, proto.n_opset_import) {
            reader, proto throws(NetworkImportError) in
            (try reader.text(proto.domain), proto.has_version == 0 ? 0 : proto.version)
        }
        model.metadata = try list(proto.metadata_props, proto.n_metadata_props) {
            reader, proto throws(NetworkImportError) in
            (try reader.text(proto.key), try reader.text(proto.value))
        }
        if let graph = proto.graph { model.graph = try self.graph(graph.pointee) }
        model.functions = try list(proto.functions, proto.n_functions) {
            reader, proto throws(NetworkImportError) in
            (try reader.text(proto.name), try reader.text(proto.domain))
        }
        return model
    }

    private mutating func graph(_ proto: Onnx__GraphProto) throws(NetworkImportError) -> ONNXModel.Graph {
        ONNXModel.Graph(
            name: try text(proto.name),
            nodes: try list(proto.node, proto.n_node) { reader, proto throws(NetworkImportError) in
                try reader.node(proto)
            },
            initializers: try list(proto.initializer, proto.n_initializer) {
                reader, proto throws(NetworkImportError) in
                try reader.tensor(proto)
            },
            inputs: try list(proto.input, proto.n_input) { reader, proto throws(NetworkImportError) in
                try reader.value(proto)
            },
            outputs: try list(proto.output, proto.n_output) { reader, proto throws(NetworkImportError) in
                try reader.value(proto)
            },
            sparseInitializerCount: proto.n_sparse_initializer)
    }

    private mutating func node(_ proto: Onnx__NodeProto) throws(NetworkImportError) -> ONNXNode {
        ONNXNode(
            operatorType: try text(proto.op_type), name: try text(proto.name),
            inputs: try texts(proto.input, proto.n_input), outputs: try texts(proto.output, proto.n_output),
            attributes: try list(proto.attribute, proto.n_attribute) {
                reader, proto throws(NetworkImportError) in
                try reader.attribute(proto)
            },
            domain: try text(proto.domain))
    }

    private mutating func attribute(
        _ proto: Onnx__AttributeProto
    ) throws(NetworkImportError) -> ONNXAttribute {
        let name = try text(proto.name)
        // Only a function's body may take its attributes from outside.
        guard proto.has_ref_attr_name == 0 || proto.ref_attr_name.len == 0 else {
            throw .malformedModel(reason: "attribute \(shown(name)) refers to one of a function")
        }
        var values: [ONNXAttribute.Value] = []
        if proto.has_f != 0 { values.append(.real(proto.f)) }
        if proto.has_i != 0 { values.append(.integer(proto.i)) }
        if proto.has_s != 0 { values.append(.text(numbers(proto.s.data, proto.s.len))) }
        if let tensor = proto.t { values.append(.tensor(try self.tensor(tensor.pointee))) }
        if proto.n_floats > 0 { values.append(.reals(numbers(proto.floats, proto.n_floats))) }
        if proto.n_ints > 0 { values.append(.integers(numbers(proto.ints, proto.n_ints))) }
        guard values.count <= 1 else {
            throw .malformedModel(reason: "attribute \(shown(name)) has several values")
        }
        return ONNXAttribute(name: name, value: values.first ?? .none)
    }

    private mutating func tensor(_ proto: Onnx__TensorProto) throws(NetworkImportError) -> ONNXTensor {
        try take(proto.n_dims)
        var tensor = ONNXTensor(
            name: try text(proto.name), elementType: proto.has_data_type == 0 ? 0 : proto.data_type,
            dimensions: Array(numbers(proto.dims, proto.n_dims)),
            raw: numbers(proto.raw_data.data, proto.raw_data.len),
            reals: numbers(proto.float_data, proto.n_float_data),
            integers32: numbers(proto.int32_data, proto.n_int32_data),
            integers64: numbers(proto.int64_data, proto.n_int64_data))
        tensor.isExternal =
            proto.n_external_data > 0 || (proto.has_data_location != 0 && proto.data_location != 0)
        tensor.external = try list(proto.external_data, proto.n_external_data) {
            reader, proto throws(NetworkImportError) in
            (try reader.text(proto.key), try reader.text(proto.value))
        }
        return tensor
    }

    private mutating func value(_ proto: Onnx__ValueInfoProto) throws(NetworkImportError) -> ONNXValueInfo {
        var value = ONNXValueInfo(name: try text(proto.name))
        guard let type = proto.type?.pointee.tensor_type?.pointee else { return value }
        if type.has_elem_type != 0 { value.elementType = type.elem_type }
        guard let shape = type.shape?.pointee else { return value }
        value.dimensions = try list(shape.dim, shape.n_dim) { reader, proto throws(NetworkImportError) in
            _ = try reader.text(proto.dim_param)
            if proto.has_dim_value == 0 { return nil }
            guard proto.has_dim_param == 0 else {
                throw .malformedModel(reason: "a dimension has both a size and a name")
            }
            return proto.dim_value
        }
        return value
    }
}

extension ModelReader {
    /// Counts items before memory is taken for them.
    private mutating func take(_ count: Int) throws(NetworkImportError) {
        guard count <= left else {
            throw .malformedModel(
                reason: "it has more than \(ONNXModel.maximumItemCount) nodes, tensors, names and the like")
        }
        left -= count
    }

    private mutating func list<Proto, Value>(
        _ start: UnsafeMutablePointer<UnsafeMutablePointer<Proto>?>?, _ count: Int,
        _ convert: (inout ModelReader, Proto) throws(NetworkImportError) -> Value
    ) throws(NetworkImportError) -> [Value] {
        try take(count)
        var values: [Value] = []
        values.reserveCapacity(count)
        for case let proto? in UnsafeBufferPointer(start: start, count: count) {
            values.append(try convert(&self, proto.pointee))
        }
        return values
    }

    private mutating func texts(
        _ start: UnsafeMutablePointer<ProtobufCBinaryData>?, _ count: Int
    ) throws(NetworkImportError) -> [String] {
        try take(count)
        var texts: [String] = []
        texts.reserveCapacity(count)
        for data in UnsafeBufferPointer(start: start, count: count) { texts.append(try text(data)) }
        return texts
    }

    /// A text, its NULs included; an absent one is empty.
    private func text(_ data: ProtobufCBinaryData) throws(NetworkImportError) -> String {
        let bytes = UnsafeBufferPointer(start: data.data, count: data.data == nil ? 0 : data.len)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .malformedModel(reason: "a name or another text is not UTF-8")
        }
        return text
    }

    private func numbers<Element: BitwiseCopyable>(
        _ start: UnsafeMutablePointer<Element>?, _ count: Int
    ) -> ONNXNumbers<Element> {
        ONNXNumbers(start.map { UnsafePointer($0) }, count: count, owner: memory)
    }
}
