/// Refuses what would give a node another meaning than its operator's name says.
enum OperatorDomains {
    /// Names of the standard operators' domain.
    static let standard: Set<String> = ["", "ai.onnx"]

    /// Version of the standard operators.
    ///
    /// - Throws: `malformedModel` if none or several are stated, or one that is not known.
    static func standardVersion(_ model: ONNXModel) throws(NetworkImportError) -> Int {
        let versions = Set(
            model.operatorSets.filter { standard.contains($0.domain) && $0.version != 0 }.map(\.version))
        guard versions.count == 1, let version = versions.first.flatMap({ Int(exactly: $0) }),
            (7...1000).contains(version)
        else {
            throw .malformedModel(
                reason: versions.count > 1
                    ? "it states several versions of the standard operators"
                    : "the operator set is not stated, or older than 7")
        }
        return version
    }

    /// Checks every node, whether the image reaches it or not.
    ///
    /// - Throws: `foreignOperator` for the first that is not a standard operator, nor one that
    ///   ``Dequantization`` knows.
    static func check(_ graph: ONNXModel.Graph, _ model: ONNXModel) throws(NetworkImportError) {
        guard graph.sparseInitializerCount == 0 else {
            throw .malformedModel(reason: "it stores weights as sparse tensors, which are not read")
        }
        // A function of the file comes before a standard operator of its name.
        let functions = Set(model.functions.filter { standard.contains($0.domain) }.map(\.name))
        for node in graph.nodes {
            let isStandard = standard.contains(node.domain)
            guard isStandard ? !functions.contains(node.operatorType) : isKnown(node) else {
                throw .foreignOperator(
                    name: node.shownName, operatorType: node.operatorType, domain: node.domain)
            }
        }
    }

    private static func isKnown(_ node: ONNXNode) -> Bool { Dequantization.form(node) != nil }
}
