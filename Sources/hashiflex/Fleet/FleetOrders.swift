import ControlPlane
import PipelineMessages

/// Which commands of the control topic a fleet's supervisor obeys. Pure.
package struct FleetOrders: Sendable {
    private let fleet: String
    private let beganAtMs: Int64
    private var isPast = true

    /// The orders for the fleet of this name.
    ///
    /// - Parameter beganAtMs: When its supervisor began, milliseconds since 1970.
    package init(for fleet: String, beganAtMs: Int64) {
        self.fleet = fleet
        self.beganAtMs = beganAtMs
    }

    /// The command in what was read, if it counts: what the topic held at the start does if it was given since, by a time that
    /// has come. What comes later counts whatever clock gave it its time.
    ///
    /// - Parameter nowMs: Milliseconds since 1970.
    package mutating func take(_ event: ControlTail.Event, nowMs: Int64) -> PipelineMessages.FleetCommand? {
        if case .caughtUp = event { isPast = false }
        guard case .command(.fleet(fleet), let command) = event else { return nil }
        guard !isPast || (beganAtMs...max(beganAtMs, nowMs)).contains(command.issuedAtMs) else { return nil }
        return command
    }
}
