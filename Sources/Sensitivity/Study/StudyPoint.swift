public import HardenedBackbone

/// One measurement of the study: what is degraded, and what is done about it.
public struct StudyPoint: Sendable, Hashable {
    /// What is done after the degradation.
    public enum Treatment: String, Sendable, Hashable, CaseIterable, Comparable {
        /// Nothing.
        case asIs = "as_is"
        /// Biases are corrected from calibration means.
        case biasCorrected = "bias_corrected"
        /// Biases are corrected, and the head is fitted anew on the degraded features.
        case headRefitted = "head_refitted"

        /// In the order in which they build on each other.
        public static func < (left: Treatment, right: Treatment) -> Bool {
            (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
        }
    }

    /// The degradation.
    public let degradation: Degradation
    /// What follows it.
    public let treatment: Treatment

    /// Combines the two.
    public init(_ degradation: Degradation, _ treatment: Treatment) {
        self.degradation = degradation
        self.treatment = treatment
    }

    /// Whether the point belongs to the study of single layers, which runs on fewer images.
    public var isOfOneLayer: Bool {
        if case .layer = degradation { true } else { false }
    }
}

/// The measurements of a sensitivity report.
public enum StudyPlan {
    /// Numbers of exponents; 7 is the artefact as it is.
    public static let exponents = [1, 2, 3, 4, 5]
    /// Activation bits; 8 is the artefact as it is.
    public static let activationBits = [4, 5, 6, 7]
    /// Shares of zeros, percent.
    public static let pruned = [10, 20, 30, 40, 50, 60, 70, 80, 90]

    /// All points, the undegraded artefact first, in an order that never changes.
    ///
    /// - Parameters:
    ///   - network: whose layers are studied one by one.
    ///   - refit: whether heads are fitted anew; never for single layers.
    public static func points(network: NetworkDescription, refit: Bool) -> [StudyPoint] {
        var points = [StudyPoint(.none, .asIs)]
        if refit { points.append(StudyPoint(.none, .headRefitted)) }
        var degradations: [Degradation] = exponents.map { .exponents($0) }
        degradations += activationBits.map { .activationBits($0) }
        degradations += pruned.map { .pruned(percent: $0) }
        degradations += Degradation.CommonExponentScope.allCases.map { .commonExponent($0) }
        for degradation in degradations {
            for treatment in StudyPoint.Treatment.allCases where refit || treatment != .headRefitted {
                points.append(StudyPoint(degradation, treatment))
            }
        }
        for reduction in Degradation.LayerReduction.allCases {
            for index in network.layers.indices {
                points.append(StudyPoint(.layer(index: index, reduction), .asIs))
                points.append(StudyPoint(.layer(index: index, reduction), .biasCorrected))
            }
        }
        return points
    }
}
