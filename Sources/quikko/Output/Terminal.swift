import Glibc

/// The two streams: stdout carries data only, everything else goes to stderr.
enum Terminal {
    static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
    static var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }
    static var inputIsTerminal: Bool { isatty(STDIN_FILENO) == 1 }

    /// Colour only on a terminal, and not where someone asked for none (no-color.org).
    static var usesColor: Bool {
        outputIsTerminal && getenv("NO_COLOR") == nil && getenv("CI") == nil
            && getenv("TERM").map { strcmp($0, "dumb") } != 0
    }

    static func ignoreClosedPipes() { signal(SIGPIPE, SIG_IGN) }

    /// One line of data. A reader that has gone ends the program quietly: `quikko … | head` is no failure.
    static func print(_ line: String) {
        switch write(line + "\n", to: STDOUT_FILENO) {
        case 0: break
        case EPIPE: exit(0)
        default:
            complain("quikko: cannot write the output: \(String(cString: strerror(errno)))")
            exit(ExitStatus.outputNotWritable.rawValue)
        }
    }

    /// One line for people.
    static func complain(_ line: String) { _ = write(line + "\n", to: STDERR_FILENO) }

    /// Unbuffered, so that each record is there when it happens. Returns 0 or the error number.
    private static func write(_ text: String, to descriptor: CInt) -> CInt {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                // A terminal shared with a program that made it non-blocking: wait until it takes more.
                var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&ready, 1, -1)
            } else if errno != EINTR {
                return errno
            }
        }
        return 0
    }
}
