extension Preprocessing {
    /// The preprocessing as one line of text: equal preprocessing, equal text.
    ///
    /// The built-in one is written as every version wrote it; all others state every choice:
    /// `hsf-decode-1/... hsf-resize-2/<fit>/<kernel>/<precision>/<order> hsf-input-1/exif-<ignore|apply>/`
    /// `turn-<0|180>/<rgb|bgr>/mean-<r>,<g>,<b>/std-<r>,<g>,<b>`; `mean` and `std` are left out where they are
    /// not stated. Decoding names the JPEG library's inverse transform and upsampling, and with them its
    /// conversion of YCbCr (JFIF, full range); reduced decoding would be another name.
    public var identity: String {
        guard self != .builtIn else { return ImageDecoder.identity + " " + Resizer.identity }
        let resize = "hsf-resize-2/\(fit.identity)/\(kernel.identity)"
        var input = "hsf-input-1/exif-\(orientation.rawValue)/turn-\(isTurned ? 180 : 0)/\(channels.rawValue)"
        if let colours {
            input += "/mean-\(Self.list(colours.mean))/std-\(Self.list(colours.standardDeviation))"
        }
        return "\(ImageDecoder.identity) \(resize) \(input)"
    }

    /// Reads an identity that this or an earlier version wrote.
    ///
    /// The empty text and `none` are read as ``builtIn``: artefacts that say so were always fed that way.
    ///
    /// - Throws: ``PreprocessingError/unknownIdentity(_:)`` for any other text, also one that only looks alike.
    public init(identity: String) throws(PreprocessingError) {
        if identity.isEmpty || identity == "none" {
            self = .builtIn
            return
        }
        guard let read = Self.read(identity), read.identity == identity else {
            throw .unknownIdentity(identity)
        }
        self = read
    }

    /// Longest text that is looked at, bytes of UTF-8.
    public static let identityBytesMax = 512

    private static func read(_ text: String) -> Preprocessing? {
        guard text.utf8.count <= identityBytesMax else { return nil }
        if text == builtIn.identity { return builtIn }
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == ImageDecoder.identity else { return nil }
        var result = Preprocessing()
        guard let resize = parts[1].dropping("hsf-resize-2/"), let input = parts[2].dropping("hsf-input-1/")
        else { return nil }
        let kernel = ResizeKernel.allCases.first { resize.hasSuffix("/" + $0.identity) }
        guard let kernel, let fit = fit(resize.dropLast(kernel.identity.utf8.count + 1)) else { return nil }
        result.kernel = kernel
        result.fit = fit
        return result.readInput(input) ? result : nil
    }

    private static func fit(_ text: Substring) -> ImageFit? {
        let words = text.split(separator: "/", omittingEmptySubsequences: false)
        switch (words.first, words.count) {
        case ("stretch", 1): return .stretch
        case ("letterbox", 3): return .letterbox
        case ("crop", 3):
            guard let shorter = words[1].dropping("shorter-").flatMap({ Int($0) }),
                ImageFit.shorterRange.contains(shorter),
                let offset = words[2].dropping("offset-").flatMap({
                    ImageFit.OffsetRule(rawValue: String($0))
                })
            else { return nil }
            return .crop(shorter: shorter, offset: offset)
        case ("crop-then-stretch", 2):
            guard let share = words[1].dropping("centre-"),
                let perMille = ImageFit.perMilleRange.first(where: { ImageFit.decimal(perMille: $0) == share }
                )
            else { return nil }
            return .cropThenStretch(perMille: perMille)
        default: return nil
        }
    }

    private mutating func readInput(_ text: Substring) -> Bool {
        let words = text.split(separator: "/", omittingEmptySubsequences: false)
        guard words.count == 3 || words.count == 5 else { return false }
        guard
            let orientation = words[0].dropping("exif-").flatMap({ Orientation(rawValue: String($0)) }),
            ["turn-0", "turn-180"].contains(words[1]), let channels = Channels(rawValue: String(words[2]))
        else { return false }
        self.orientation = orientation
        self.channels = channels
        isTurned = words[1] == "turn-180"
        guard words.count == 5 else { return true }
        guard let mean = words[3].dropping("mean-").flatMap(Self.numbers),
            let deviation = words[4].dropping("std-").flatMap(Self.numbers), deviation.allSatisfy({ $0 > 0 })
        else { return false }
        colours = Colours(mean: mean, standardDeviation: deviation)
        return true
    }

    /// The shortest decimals that read back as the same numbers.
    private static func list(_ values: [Float]) -> String {
        values.map { $0 == $0.rounded() && abs($0) < 1e6 ? "\(Int($0))" : "\($0)" }.joined(separator: ",")
    }

    private static func numbers(_ text: Substring) -> [Float]? {
        let values = text.split(separator: ",", omittingEmptySubsequences: false).map { Float($0) }
        guard values.count == 3 else { return nil }
        let known = values.compactMap { $0 }.filter(\.isFinite)
        return known.count == 3 ? known : nil
    }
}

extension Substring {
    /// What follows `prefix`; `nil` if the text begins otherwise.
    fileprivate func dropping(_ prefix: String) -> Substring? {
        hasPrefix(prefix) ? dropFirst(prefix.count) : nil
    }
}
