import ArgumentParser
import Foundation
import Kafka

/// Exit codes, after `sysexits.h`; the table in the README is this one.
enum Exit {
    /// What was checked is not so.
    static let mismatch = ExitCode(1)
    /// A file, head, artefact or image that can not be used.
    static let badInput = ExitCode(65)
    /// The broker can not be reached, or a topic is missing.
    static let unavailable = ExitCode(69)
    /// A fault of this program.
    static let fault = ExitCode(70)
    /// Output can not be written.
    static let output = ExitCode(74)
    /// Not done in time; trying again may help.
    static let late = ExitCode(75)
    /// The fleet refused.
    static let refused = ExitCode(76)
}

/// An error that ends the command: one line on standard error, its details below, then the exit code.
struct CommandError: Error {
    let code: ExitCode
    let text: String
    /// A line each.
    let details: [String]

    init(_ code: ExitCode, _ text: String, details: [String] = []) {
        self.code = code
        self.text = text
        self.details = details
    }

    /// Says it on standard error.
    func complain() { Terminal.complain(text, details: details) }
}

/// Runs a command's body; every error becomes one line on standard error and an exit code.
func runCommand(_ body: () throws -> Void) throws {
    do {
        try body()
    } catch let code as ExitCode {
        throw code
    } catch let error as CommandError {
        error.complain()
        throw error.code
    } catch let error as KafkaError {
        Terminal.complain("\(error)")
        throw error.isRefusedSetting ? ExitCode(64) : Exit.unavailable
    } catch let error as KafkaConfigurationError {
        Terminal.complain("\(error)")
        throw ExitCode(64)
    } catch let error as ValidationError {
        Terminal.complain("\(error.message)")
        throw ExitCode(64)
    } catch {
        Terminal.complain("\(error)")
        throw Exit.badInput
    }
}
