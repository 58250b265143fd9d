/// The two byte formats of an activation tensor.
///
/// Tensors are stored as bytes; an `s8` value is stored as its two's complement bit pattern.
public enum ActivationType: String, Hashable, Sendable, CaseIterable {
    /// After ReLU6: `0...255`, where 255 is the clip level.
    case u8
    /// After a linear bottleneck: `-128...127`.
    case s8

    /// The smallest and the largest value of the format.
    public var range: ClosedRange<Int32> {
        switch self {
        case .u8: 0...255
        case .s8: -128...127
        }
    }

    /// The value stored in `byte`.
    ///
    /// - Range: within ``range``.
    @inline(__always)
    public func value(of byte: UInt8) -> Int32 {
        switch self {
        case .u8: Int32(byte)
        case .s8: Int32(Int8(bitPattern: byte))
        }
    }

    /// The byte that stores `value`.
    ///
    /// - Range: `value` within ``range``; bits above the byte are dropped, so the caller saturates first.
    @inline(__always)
    public func byte(of value: Int32) -> UInt8 { UInt8(truncatingIfNeeded: value) }
}
