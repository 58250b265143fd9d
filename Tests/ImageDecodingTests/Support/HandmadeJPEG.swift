/// A progressive JPEG of one gray 8 x 8 block with as many scans as asked for, written marker by marker.
///
/// Every coefficient is zero, so the picture is gray 128 however many scans refine it.
func handmadeProgressiveJPEG(scans: Int) -> [UInt8] {
    precondition((1...127).contains(scans), "1 DC scan, 63 AC scans and 63 refinements")
    var file: [UInt8] = [0xFF, 0xD8]
    file += segment(0xDB, [0] + [UInt8](repeating: 1, count: 64))
    file += segment(0xC2, [8, 0, 8, 0, 8, 1, 1, 0x11, 0])
    // One code each, '0': category 0 for DC, end of block for AC.
    let oneCode: [UInt8] = [1] + [UInt8](repeating: 0, count: 15) + [0]
    file += segment(0xC4, [0x00] + oneCode)
    file += segment(0xC4, [0x10] + oneCode)
    let dc: [(first: UInt8, high: UInt8, low: UInt8)] = [(0, 0, 0)]
    let ac = (1...63).map { (first: UInt8($0), high: UInt8(0), low: UInt8(1)) }
    let refinements = (1...63).map { (first: UInt8($0), high: UInt8(1), low: UInt8(0)) }
    for scan in (dc + ac + refinements).prefix(scans) {
        file += segment(0xDA, [1, 1, 0, scan.first, scan.first, scan.high << 4 | scan.low])
        file.append(0x7F)
    }
    return file + [0xFF, 0xD9]
}

private func segment(_ marker: UInt8, _ content: [UInt8]) -> [UInt8] {
    let length = content.count + 2
    return [0xFF, marker, UInt8(length >> 8), UInt8(length & 255)] + content
}

/// `file` with its frame header (SOF0 or SOF2) changed by `change`, which gets the header's marker,
/// length, precision, height, width and component bytes.
func patchingFrameHeader(_ file: [UInt8], _ change: (inout ArraySlice<UInt8>) -> Void) -> [UInt8] {
    var file = file
    for index in 0..<(file.count - 10) where file[index] == 0xFF && [0xC0, 0xC2].contains(file[index + 1]) {
        change(&file[index...])
        return file
    }
    preconditionFailure("the file has a frame header")
}
