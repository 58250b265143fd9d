internal import Glibc

/// One run of an external program, in a process group of its own.
public struct ToolProcess: Sendable {
    /// The file to run: an absolute path, or relative to our working folder.
    public var executable: String
    /// Its arguments, without the program's name.
    public var arguments: [String]
    /// The folder it runs in; ours when nil.
    public var workingFolder: String?
    /// Its whole environment; ours when nil.
    public var environment: [String: String]?
    /// Seconds until it is killed with all its children.
    public var timeLimit: Int
    /// Bytes kept at the beginning and at the end of each output.
    public var outputLimit: Int
    /// Where it is noted while it runs.
    public var registry: RunningTools

    /// A run with our folder and environment.
    public init(
        executable: String, arguments: [String], workingFolder: String? = nil,
        environment: [String: String]? = nil, timeLimit: Int, outputLimit: Int = 1 << 20,
        registry: RunningTools = .shared
    ) {
        self.executable = executable
        self.arguments = arguments
        self.workingFolder = workingFolder
        self.environment = environment
        self.timeLimit = timeLimit
        self.outputLimit = outputLimit
        self.registry = registry
    }

    /// What a run that ended with code 0 printed.
    public struct Output: Sendable {
        /// Standard output.
        public let output: BoundedOutput
        /// Standard error.
        public let errors: BoundedOutput
        /// How long it ran, seconds.
        public let seconds: Double
    }

    /// Runs it to its end; standard input is empty.
    ///
    /// - Parameter line: Gets every line of either output as it comes, cut at 4 KiB, on the calling thread.
    /// - Throws: ``ToolError``.
    public func run(line: ((String) -> Void)? = nil) throws(ToolError) -> Output {
        let start = ContinuousClock.now
        guard !registry.isStopped else { throw .interrupted(program: executable) }
        let child = try SpawnedProcess(self)
        guard let slot = registry.register(child.pid) else {
            child.kill()
            _ = child.reap()
            throw .notStarted(program: executable, reason: "too many programs run already")
        }
        // An interrupt between the check above and the registration has not seen this group.
        if registry.isStopped { child.kill() }

        let deadline = start + .seconds(max(1, min(timeLimit, 30 * 86_400)))
        var streams = [
            CapturedStream(descriptor: child.output, limit: outputLimit),
            CapturedStream(descriptor: child.errors, limit: outputLimit),
        ]
        var late = false
        while true {
            for index in streams.indices { streams[index].drain(line: line) }
            if child.hasEnded { break }
            if ContinuousClock.now >= deadline {
                late = true
                break
            }
            CapturedStream.wait(streams, milliseconds: 50)
        }
        // Whatever it left behind goes too; the leader is not reaped yet, so the group is still ours.
        child.kill()
        for index in streams.indices { streams[index].close(line: line) }
        child.waitForEnd()
        registry.unregister(slot)
        let status = child.reap()

        let output = Output(
            output: streams[0].captured, errors: streams[1].captured,
            seconds: (ContinuousClock.now - start) / .seconds(1))
        let last = output.errors.lastLines(8) + output.output.lastLines(8)
        if late { throw .timedOut(program: executable, seconds: timeLimit, lastLines: last) }
        if registry.isStopped { throw .interrupted(program: executable) }
        switch status {
        case .code(0): return output
        case .code(let code): throw .ended(program: executable, code: code, lastLines: last)
        case .signal(let signal): throw .killed(program: executable, signal: signal, lastLines: last)
        }
    }
}
