import TestSupport

extension SeededRandom {
    /// Scalars from everywhere, with a preference for those that JSON treats specially.
    mutating func text(scalars count: Int) -> String {
        var view = String.UnicodeScalarView()
        for _ in 0..<count {
            let value: UInt32 =
                switch next() % 4 {
                case 0: UInt32.random(in: 0..<0x20, using: &self)
                case 1: [0x22, 0x5C, 0x2F, 0x7F, 0x85, 0x2028, 0x301][Int(next() % 7)]
                case 2: UInt32.random(in: 0x20..<0x7F, using: &self)
                default: UInt32.random(in: 0..<0x11_0000, using: &self)
                }
            if let scalar = Unicode.Scalar(value) { view.append(scalar) }
        }
        return String(view)
    }
}
