extension TFLiteModel {
    /// Reads a file, believing nothing that it says of positions, lengths and counts.
    ///
    /// Numbers of constants stay in the file's bytes.
    ///
    /// - Throws: `malformedModel`.
    init(decoding bytes: consuming [UInt8]) throws(NetworkImportError) {
        var reader = TFLiteReader(bytes)
        self = try reader.model()
    }
}

/// Turns tables into values.
private struct TFLiteReader {
    let buffer: FlatBuffer
    /// Tables and names: a list of a million offsets to the same table must not become a million values.
    private var itemsLeft = ONNXModel.maximumItemCount
    /// Numbers and letters: nor may a thousand tensors have the same million scales.
    private var elementsLeft: Int

    init(_ bytes: consuming [UInt8]) {
        elementsLeft = 2 * bytes.count + 1 << 16
        buffer = FlatBuffer(bytes: bytes)
    }

    mutating func model() throws(NetworkImportError) -> TFLiteModel {
        let root = try buffer.root()
        let version: UInt32 = try root.integer(0)
        guard version == 3 else {
            throw .malformedModel(reason: "its schema has version \(version), expected 3")
        }
        var model = TFLiteModel(bytes: buffer.bytes)
        model.text = try text(root, 3)
        let codes = try tables(root, 1) { reader, table throws(NetworkImportError) in
            // The number outgrew its byte: whichever is larger counts.
            let short: Int8 = try table.integer(0)
            let long: Int32 = try table.integer(3)
            return (number: max(Int(short), Int(long)), custom: try reader.text(table, 1))
        }
        model.buffers = try tables(root, 4) { reader, table throws(NetworkImportError) in
            try reader.content(table)
        }
        let graphs = try tables(root, 2) { _, table throws(NetworkImportError) in table }
        guard let graph = graphs.first, graphs.count == 1 else {
            throw .malformedModel(reason: "it has \(graphs.count) subgraphs, expected one")
        }
        model.tensors = try tables(graph, 0) { reader, table throws(NetworkImportError) in
            try reader.tensor(table)
        }
        let count = model.tensors.count
        model.operators = try tables(graph, 3) { reader, table throws(NetworkImportError) in
            let index: UInt32 = try table.integer(0)
            guard index < codes.count else {
                throw .malformedModel(reason: "an operator has kind \(index) of \(codes.count)")
            }
            let code = codes[Int(index)]
            return try reader.operation(table, code.number, custom: code.custom, tensorCount: count)
        }
        model.inputs = try references(graph, 1, tensorCount: count)
        model.outputs = try references(graph, 2, tensorCount: count)
        return model
    }

    /// Where a buffer's bytes are: in its list or, in large files, somewhere behind the tables.
    private func content(_ table: FlatTable) throws(NetworkImportError) -> Range<Int> {
        let (offset, size): (UInt64, UInt64) = (try table.integer(1), try table.integer(2))
        guard offset > 1 else {
            let data = try table.vector(0, size: 1)
            return data.start..<data.start + data.count
        }
        let count = UInt64(buffer.bytes.count)
        guard offset <= count, size <= count - offset else {
            throw buffer.damage("a buffer of \(size) bytes at \(offset)")
        }
        return Int(offset)..<Int(offset + size)
    }

    private mutating func tensor(_ table: FlatTable) throws(NetworkImportError) -> TFLiteTensor {
        let (type, index): (Int8, UInt32) = (try table.integer(1), try table.integer(2))
        let external: UInt32 = try table.integer(10)
        var tensor = TFLiteTensor(
            name: try text(table, 3), shape: try integers(table, 0), signature: try integers(table, 7),
            type: Int(type), buffer: Int(index), isSparse: try table.has(6), isExternal: external != 0)
        if let quantization = try table.table(4) {
            let scales: [UInt32] = try numbers(quantization, 2)
            let details: UInt8 = try quantization.integer(4)
            let dimension: Int32 = try quantization.integer(6)
            tensor.quantization = .init(
                scales: scales.map { Float(bitPattern: $0) }, zeroPoints: try numbers(quantization, 3),
                dimension: Int(dimension), details: Int(details))
        }
        return tensor
    }

    private mutating func operation(
        _ table: FlatTable, _ code: Int, custom: String, tensorCount: Int
    ) throws(NetworkImportError) -> TFLiteOperator {
        let isCustom = code == TFLiteOperatorCode.custom
        var found = TFLiteOperator(
            code: code, name: isCustom ? "custom operator \(custom)" : TFLiteOperatorCode.name(code))
        for index in try integers(table, 1) {
            guard index < tensorCount else { throw missing(index, tensorCount) }
            found.inputs.append(index < 0 ? nil : index)
        }
        found.outputs = try references(table, 2, tensorCount: tensorCount)
        let kinds = [
            TFLiteOperatorCode.convolution: 1, TFLiteOperatorCode.depthwiseConvolution: 2,
            TFLiteOperatorCode.averagePool: 5, TFLiteOperatorCode.fullyConnected: 8,
            TFLiteOperatorCode.add: 11,
        ]
        guard let expected = kinds[code] else { return found }
        let kind: UInt8 = try table.integer(3)
        // An addition may have none.
        if kind == 0, code == TFLiteOperatorCode.add { return found }
        guard Int(kind) == expected, let options = try table.table(4) else {
            throw .malformedModel(
                reason: "an operator \(found.name) has options of kind \(kind), expected \(expected)")
        }
        try read(options, into: &found)
        return found
    }

    private func read(
        _ options: FlatTable, into found: inout TFLiteOperator
    ) throws(NetworkImportError) {
        func number(_ field: Int, default value: Int32 = 0) throws(NetworkImportError) -> Int {
            Int(try options.integer(field, default: value))
        }
        var activation = 0
        switch found.code {
        case TFLiteOperatorCode.convolution, TFLiteOperatorCode.depthwiseConvolution:
            // A depthwise one has its multiplier in between.
            let shift = found.code == TFLiteOperatorCode.convolution ? 0 : 1
            activation = 3 + shift
            found.window.dilations = [
                try number(5 + shift, default: 1), try number(4 + shift, default: 1),
            ]
        case TFLiteOperatorCode.averagePool:
            found.window.filter = [try number(4), try number(3)]
            activation = 5
        case TFLiteOperatorCode.fullyConnected:
            let format: Int8 = try options.integer(1)
            found.weightsFormat = Int(format)
        default: break
        }
        if activation > 0 {
            let padding: Int8 = try options.integer(0)
            guard (0...1).contains(padding) else {
                throw .malformedModel(reason: "an operator \(found.name) has padding \(padding)")
            }
            found.window.isSame = padding == 0
            found.window.strides = [try number(2), try number(1)]
        }
        let fused: Int8 = try options.integer(activation)
        found.activation = Int(fused)
    }
}

extension TFLiteReader {
    /// Indices of tensors, none left out.
    private mutating func references(
        _ table: FlatTable, _ field: Int, tensorCount: Int
    ) throws(NetworkImportError) -> [Int] {
        let indices = try integers(table, field)
        for index in indices where !(0..<tensorCount).contains(index) { throw missing(index, tensorCount) }
        return indices
    }

    private func missing(_ index: Int, _ count: Int) -> NetworkImportError {
        .malformedModel(reason: "it refers to tensor \(index) of \(count)")
    }

    private mutating func tables<Value>(
        _ table: FlatTable, _ field: Int,
        _ convert: (inout TFLiteReader, FlatTable) throws(NetworkImportError) -> Value
    ) throws(NetworkImportError) -> [Value] {
        let vector = try table.vector(field, size: 4)
        // Counted before memory is taken for them.
        guard vector.count <= itemsLeft else {
            throw .malformedModel(
                reason: "it has more than \(ONNXModel.maximumItemCount) tensors, operators and the like")
        }
        itemsLeft -= vector.count
        var values: [Value] = []
        values.reserveCapacity(vector.count)
        for index in 0..<vector.count {
            let element = try FlatTable(buffer, at: buffer.target(vector.start + 4 * index))
            values.append(try convert(&self, element))
        }
        return values
    }

    private mutating func take(_ count: Int) throws(NetworkImportError) {
        guard count <= elementsLeft else {
            throw .malformedModel(reason: "many of its lists are the same one, which is not read")
        }
        elementsLeft -= count
    }

    private mutating func numbers<Value: FixedWidthInteger & BitwiseCopyable>(
        _ table: FlatTable, _ field: Int
    ) throws(NetworkImportError) -> [Value] {
        let size = MemoryLayout<Value>.size
        let vector = try table.vector(field, size: size)
        try take(vector.count)
        var values: [Value] = []
        values.reserveCapacity(vector.count)
        for index in 0..<vector.count {
            values.append(try buffer.load(vector.start + size * index, as: Value.self))
        }
        return values
    }

    private mutating func integers(
        _ table: FlatTable, _ field: Int
    ) throws(NetworkImportError) -> [Int] {
        let values: [Int32] = try numbers(table, field)
        return values.map { Int($0) }
    }

    private mutating func text(_ table: FlatTable, _ field: Int) throws(NetworkImportError) -> String {
        let vector = try table.vector(field, size: 1)
        try take(vector.count)
        let letters = buffer.bytes[vector.start..<vector.start + vector.count]
        guard let text = String(validating: letters, as: UTF8.self) else {
            throw .malformedModel(reason: "a name or another text is not UTF-8")
        }
        return text
    }
}
