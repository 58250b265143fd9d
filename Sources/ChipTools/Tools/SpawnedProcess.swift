internal import Glibc
import Synchronization

/// A started program and the reading ends of its outputs.
struct SpawnedProcess {
    /// How it ended.
    enum Status { case code(Int), signal(Int) }

    private static let starting = Mutex(())

    /// Its process, and its process group.
    let pid: pid_t
    /// Where its standard output is read; does not block.
    let output: Int32
    /// Where its standard error is read; does not block.
    let errors: Int32

    /// Starts it with an empty standard input, default signals, and no descriptor of ours but the pipes.
    init(_ process: ToolProcess) throws(ToolError) {
        func failure(_ code: Int32) -> ToolError {
            .notStarted(program: process.executable, reason: String(cString: strerror(code)))
        }
        for text in [process.executable, process.workingFolder ?? ""] + process.arguments
        where text.utf8.contains(0) {
            throw .notStarted(program: process.executable, reason: "an argument contains a zero byte")
        }
        var executable = process.executable
        var command = process.arguments
        if !executable.hasPrefix("/") {
            guard let folder = getcwd(nil, 0) else { throw failure(errno) }
            executable = String(cString: folder) + "/" + executable
            free(folder)
        }
        if let folder = process.workingFolder {
            guard access(folder, X_OK) == 0 else { throw failure(errno) }
            // The C library of Debian 12 hides its call for this from Swift; the shell replaces itself.
            command = ["-c", "cd -- \"$1\" && shift && exec \"$@\"", "sh", folder, executable] + command
            executable = "/bin/sh"
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for signal in [SIGINT, SIGTERM, SIGPIPE, SIGHUP, SIGCHLD] { sigaddset(&signals, signal) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes,
            Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var arguments = ([executable] + command).map { strdup($0) }
        arguments.append(nil)
        var variables = (process.environment ?? [:]).map { strdup("\($0.key)=\($0.value)") }
        variables.append(nil)
        defer {
            arguments.forEach { free($0) }
            variables.forEach { free($0) }
        }
        // One at a time: between pipe and spawn nobody else may start a program that would inherit the ends.
        var pid: pid_t = 0
        var out: [Int32] = [-1, -1]
        var err: [Int32] = [-1, -1]
        var code: Int32 = 0
        Self.starting.withLock { _ in
            guard pipe(&out) == 0, pipe(&err) == 0 else {
                code = errno
                return
            }
            for descriptor in out + err { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
            posix_spawn_file_actions_adddup2(&actions, out[1], 1)
            posix_spawn_file_actions_adddup2(&actions, err[1], 2)
            code = variables.withUnsafeBufferPointer { given in
                posix_spawn(
                    &pid, executable, &actions, &attributes, arguments,
                    process.environment == nil ? environ : given.baseAddress.map { .init(mutating: $0) } ?? environ)
            }
        }
        for descriptor in [out[1], err[1]] where descriptor >= 0 { close(descriptor) }
        guard code == 0 else {
            for descriptor in [out[0], err[0]] where descriptor >= 0 { close(descriptor) }
            throw failure(code)
        }
        for descriptor in [out[0], err[0]] { _ = fcntl(descriptor, F_SETFL, O_NONBLOCK) }
        self.pid = pid
        output = out[0]
        errors = err[0]
    }

    /// Kills it and all its children.
    func kill() { _ = Glibc.kill(-pid, SIGKILL) }

    /// Whether it has ended; it is not reaped, so its number stays taken.
    var hasEnded: Bool { poll(WEXITED | WNOWAIT | WNOHANG) }

    /// Waits until it has ended, without reaping.
    func waitForEnd() { _ = poll(WEXITED | WNOWAIT) }

    private func poll(_ options: Int32) -> Bool {
        var information = siginfo_t()
        while waitid(P_PID, id_t(pid), &information, options) != 0 {
            if errno != EINTR { return true }
        }
        return information.si_signo != 0
    }

    /// Waits for its end and frees its number.
    func reap() -> Status {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 {
            if errno != EINTR { return .code(-1) }
        }
        let signal = status & 0x7F
        return signal == 0 ? .code(Int(status >> 8) & 0xFF) : .signal(Int(signal))
    }
}
