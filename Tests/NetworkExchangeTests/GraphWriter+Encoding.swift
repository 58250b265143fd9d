extension GraphWriter {
    mutating func floats(_ name: String, _ shape: [Int], _ values: [Float]) {
        let half = isHalf
        var values = values
        if name == poisoned { values[1] = .nan }
        if isBrain {
            let bits = values.map { UInt64($0.bitPattern >> 16) }
            tensors.append(tensor(name, type: 16, shape) { $0.packed(5, bits) })
            return
        }
        if isDouble {
            let bytes = values.flatMap { value in
                let bits = (Double(value) * (1 + 1e-9)).bitPattern
                return (0..<8).map { UInt8(truncatingIfNeeded: bits >> (8 * UInt64($0))) }
            }
            tensors.append(tensor(name, type: 11, shape) { $0.data(9, bytes) })
            return
        }
        if let companionName, values.count > 8 {
            let bytes = values.flatMap { value in
                (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
            }
            let place = companion.count
            companion += bytes
            tensors.append(
                tensor(name, type: 1, shape) { tensor in
                    for (key, text) in [
                        ("location", companionName), ("offset", "\(place)"), ("length", "\(bytes.count)"),
                    ] {
                        var entry = ProtoWriter()
                        entry.text(1, key)
                        entry.text(2, text)
                        tensor.message(13, entry)
                    }
                    tensor.varint(14, 1)
                })
            return
        }
        tensors.append(
            tensor(name, type: half ? 10 : 1, shape) { tensor in
                if half {
                    tensor.packed(5, values.map { UInt64(Self.half($0)) })
                } else {
                    tensor.data(
                        9,
                        values.flatMap { value in
                            (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
                        })
                }
            })
    }

    /// A tensor of 64-bit integers, or of others: 3 is int8, 2 uint8, 6 int32.
    mutating func integers(_ name: String, _ shape: [Int], _ values: [Int], type: Int = 7) {
        tensors.append(
            tensor(name, type: type, shape) { tensor in
                tensor.packed(type == 7 ? 7 : 5, values.map { UInt64(bitPattern: Int64($0)) })
            })
    }

    /// Puts `new` in front of the node called `name`, which reads their last output instead of its first input.
    mutating func insert(_ new: [Node], before name: String) {
        guard let index = nodes.firstIndex(where: { $0.name == name }), let last = new.last else { return }
        nodes[index].inputs[0] = last.output
        nodes.insert(contentsOf: new, at: index)
    }

    /// Binary16 of a number that it holds exactly.
    private static func half(_ value: Float) -> UInt16 {
        guard value != 0 else { return 0 }
        let bits = value.bitPattern
        return UInt16(bits >> 16 & 0x8000) | UInt16((bits >> 23 & 255) - 112) << 10
            | UInt16(bits >> 13 & 1023)
    }

    func tensor(
        _ name: String, type: Int, _ shape: [Int], _ fill: (inout ProtoWriter) -> Void
    ) -> ProtoWriter {
        var tensor = ProtoWriter()
        if !shape.isEmpty { tensor.packed(1, shape.map { UInt64($0) }) }
        tensor.varint(2, UInt64(type))
        tensor.text(8, name)
        fill(&tensor)
        return tensor
    }

    func encoded(_ node: Node) -> ProtoWriter {
        var writer = ProtoWriter()
        for input in node.inputs { writer.text(1, input) }
        writer.text(2, node.output)
        writer.text(3, node.name)
        writer.text(4, node.type)
        if !node.domain.isEmpty { writer.text(7, node.domain) }
        for attribute in node.attributes {
            var proto = ProtoWriter()
            proto.text(1, attribute.name)
            if let real = attribute.real { proto.real(2, real) }
            if let integer = attribute.integer { proto.varint(3, UInt64(bitPattern: Int64(integer))) }
            if let text = attribute.text { proto.text(4, text) }
            for real in attribute.reals ?? [] { proto.real(7, real) }
            if let integers = attribute.integers {
                for integer in integers { proto.varint(8, UInt64(bitPattern: Int64(integer))) }
            }
            writer.message(5, proto)
        }
        return writer
    }

    func value(_ name: String, _ dims: [Int]) -> ProtoWriter {
        var shape = ProtoWriter()
        for size in dims {
            var dimension = ProtoWriter()
            if size == 0 { dimension.text(2, "n") } else { dimension.varint(1, UInt64(size)) }
            shape.message(1, dimension)
        }
        var tensor = ProtoWriter()
        tensor.varint(1, UInt64(imageType != 0 ? imageType : isHalf ? 10 : isBrain ? 16 : isDouble ? 11 : 1))
        tensor.message(2, shape)
        var type = ProtoWriter()
        type.message(1, tensor)
        var value = ProtoWriter()
        value.text(1, name)
        value.message(2, type)
        return value
    }
}
