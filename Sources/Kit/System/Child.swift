import Glibc

/// A child of this executable, with its standard output on a pipe and its standard error kept aside.
struct Child {
    let process: Int32

    private let output: Int32
    /// An anonymous file: never fills a pipe, and is read only to explain a failure.
    private let complaints: Int32

    /// - Parameters:
    ///   - program: This executable unless named.
    ///   - arguments: The first is the name it goes by.
    ///   - pinning: Puts it on the server's core, or with `isSpread` on all there are.
    ///   - environment: The child's whole environment; this process's when nil.
    ///   - listening: A listening socket that it gets as systemd passes one (sd_listen_fds(3)); stays the caller's.
    ///   - isApart: In a process group of its own, so that Ctrl-C on the terminal does not reach it.
    static func spawn(
        _ program: String = "/proc/self/exe", arguments: [String], pinning: CorePinning? = nil, isSpread: Bool = false,
        isApart: Bool = false,
        environment: [String]? = nil, listening: Int32? = nil
    ) throws -> Child {
        var pipe: [Int32] = [-1, -1]
        guard Glibc.pipe(&pipe) == 0 else { throw SystemError.system("making a pipe", errno) }
        defer { close(pipe[1]) }
        for end in pipe { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let complaints = LinuxCalls.memoryFile?("quikko-child-stderr", 1) ?? -1

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO)
        if complaints >= 0 { posix_spawn_file_actions_adddup2(&actions, complaints, STDERR_FILENO) }

        if let listening { posix_spawn_file_actions_adddup2(&actions, listening, 3) }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        let group = isApart ? POSIX_SPAWN_SETPGROUP : 0
        useUsualSignals(&attributes, flags: group)

        var process: pid_t = 0
        var (executable, words) = (program, arguments)
        var variables = try environment ?? ProcFile.read("/proc/self/environ").split(separator: "\0").map(String.init)
        if listening != nil {
            // It is told its own process id, which only it knows before it begins: the shell becomes the program.
            executable = "/bin/sh"
            words = ["sh", "-c", "LISTEN_PID=$$ exec \"$0\" \"$@\"", program] + arguments.dropFirst()
            variables.append("LISTEN_FDS=1")
        }
        let arguments = CStrings(words)
        let environment = CStrings(variables)
        let spawn = {
            posix_spawn(&process, executable, &actions, &attributes, arguments.pointers, environment.pointers)
        }
        let code = pinning.map { isSpread ? $0.onAnyCore(spawn) : $0.onServerCore(spawn) } ?? spawn()
        guard code == 0 else {
            close(pipe[0])
            close(complaints)
            throw SystemError.system("starting \(arguments)", code)
        }
        return Child(process: process, output: pipe[0], complaints: complaints)
    }

    /// A child begins with the usual signals, whatever this process or the thread that starts it does with them.
    ///
    /// - Parameter flags: More of what `posix_spawnattr_setflags` takes.
    static func useUsualSignals(_ attributes: inout posix_spawnattr_t, flags: Int32 = 0) {
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for number in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] { sigaddset(&signals, number) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | flags))
    }

    /// The first line it prints, without its end.
    ///
    /// - Parameter check: Called all the while; what it throws ends the wait.
    /// - Throws: `.failed` when it closes its output or `deadline` passes before that, `.interrupted` after a signal.
    func firstLine(before deadline: UInt64, check: () throws -> Void = {}) throws -> String {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while MonotonicClock.now() < deadline {
            try check()
            var waiting = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, 50) > 0 else { continue }
            guard read(output, &byte, 1) == 1 else { throw SystemError.failed("it ended before it was ready") }
            if byte == 0x0A { return String(decoding: line, as: UTF8.self) }
            line.append(byte)
        }
        throw SystemError.failed("it was not ready in time")
    }

    /// What it prints next, at most 64 KiB; nil when it has ended or `deadline` passes before that.
    func output(before deadline: UInt64) -> [UInt8]? {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while MonotonicClock.now() < deadline {
            var waiting = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, 50) > 0 else { continue }
            let count = read(output, &chunk, chunk.count)
            return count > 0 ? Array(chunk.prefix(count)) : nil
        }
        return nil
    }

    /// It has ended, and `end` has not yet been called for it.
    var hasEnded: Bool {
        var information = siginfo_t()
        let result = waitid(P_PID, id_t(process), &information, WEXITED | WNOHANG | WNOWAIT)
        return result == 0 && information.si_signo == SIGCHLD
    }

    /// Asks it to end, insists when it has not within `seconds`, and waits until it has. Only this one process.
    ///
    /// - Returns: the end of what it wrote to standard error, introduced by a line feed; empty when that is nothing.
    @discardableResult
    func end(within seconds: Double) -> String {
        let deadline = MonotonicClock.after(seconds: seconds)
        var status: Int32 = 0
        kill(process, SIGTERM)
        while waitpid(process, &status, WNOHANG) == 0 {
            if MonotonicClock.now() > deadline { kill(process, SIGKILL) }
            usleep(2_000)
        }
        close(output)
        guard complaints >= 0 else { return "" }
        defer { close(complaints) }
        let size = lseek(complaints, 0, SEEK_END)
        lseek(complaints, max(0, size - 1_000), SEEK_SET)
        let words = ProcFile.drain(complaints, limit: 1_000)
        return words.isEmpty ? "" : "\n" + String(decoding: words, as: UTF8.self)
    }
}
