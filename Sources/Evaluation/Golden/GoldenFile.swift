public import HardenedBackbone
private import Artifacts
private import FoundationEssentials

/// Traces of several images, one JSON object a line.
///
/// ```
/// {"image":0,"input":"<sha256>","layers":{"stem":"<sha256>",...,"last":"<sha256>"},"features":"<sha256>"}
/// ```
///
/// `input` may be left out. Lines may come in any order; empty lines are passed over.
public struct GoldenFile: Sendable, Hashable {
    /// The numbers that an image may have: all up to the highest are made or read, and one more counts them.
    public static let imageRange = 0..<1_000_000

    /// The traces, by image index.
    public let traces: [LayerTrace]

    /// Collects traces.
    public init(_ traces: [LayerTrace]) { self.traces = traces.sorted { $0.image < $1.image } }

    /// Reads a golden file of `network`.
    ///
    /// - Throws: ``EvaluationError/badTrace(line:problem:)``,
    ///   ``EvaluationError/wrongLayers(image:name:isMissing:)``: the first line that does not fit.
    public init(decoding bytes: [UInt8], network: NetworkDescription) throws(EvaluationError) {
        var traces: [LayerTrace] = []
        var known: Set<Int> = []
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() where line.contains(where: { $0 != 0x20 && $0 != 0x0D }) {
            let trace = try Self.trace(Array(line), line: index + 1, network: network)
            guard known.insert(trace.image).inserted else {
                throw .badTrace(line: index + 1, problem: "image \(trace.image) comes twice")
            }
            traces.append(trace)
        }
        guard !traces.isEmpty else { throw .badTrace(line: 1, problem: "the file has no trace") }
        self.init(traces)
    }

    /// The file: the same traces always give the same bytes.
    public func encoded() -> [UInt8] { Array(traces.map { $0.line + "\n" }.joined().utf8) }

    private struct Record: Decodable {
        let image: Int
        let input: String?
        let layers: [String: String]
        let features: String
    }

    private static func trace(
        _ bytes: [UInt8],
        line: Int,
        network: NetworkDescription
    ) throws(EvaluationError) -> LayerTrace {
        let record: Record
        do {
            record = try JSONDecoder().decode(Record.self, from: Data(bytes))
        } catch {
            throw .badTrace(line: line, problem: "not a json object with image, layers and features")
        }
        guard imageRange.contains(record.image) else {
            throw .badTrace(
                line: line, problem: "image \(record.image), not 0 to \(imageRange.upperBound - 1)")
        }
        func digest(_ hex: String, _ what: String) throws(EvaluationError) -> ContentDigest {
            guard let digest = ContentDigest(hex: hex) else {
                throw .badTrace(line: line, problem: "\(what) is not 64 hexadecimal digits")
            }
            return digest
        }
        let names = Set(network.layers.map(\.name))
        if let extra = record.layers.keys.filter({ !names.contains($0) }).min() {
            throw .wrongLayers(image: record.image, name: extra, isMissing: false)
        }
        var layers: [LayerTrace.Layer] = []
        for layer in network.layers {
            guard let hex = record.layers[layer.name] else {
                throw .wrongLayers(image: record.image, name: layer.name, isMissing: true)
            }
            layers.append(.init(name: layer.name, digest: try digest(hex, "layer \(layer.name)")))
        }
        var input: ContentDigest?
        if let hex = record.input { input = try digest(hex, "input") }
        return LayerTrace(
            image: record.image,
            input: input,
            layers: layers,
            features: try digest(record.features, "features")
        )
    }
}
