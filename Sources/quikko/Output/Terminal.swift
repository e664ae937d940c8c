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

    /// A closed pipe is an error to look at, not a signal; and a stream that was closed at start leads nowhere, so that its
    /// number is not given to a socket.
    static func prepare() {
        signal(SIGPIPE, SIG_IGN)
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) == -1 {
            _ = open("/dev/null", O_RDWR)
        }
    }

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

    /// Text that is whole lines already.
    static func printWhole(_ text: String) {
        guard !text.isEmpty else { return }
        switch write(text, to: STDOUT_FILENO) {
        case 0: break
        case EPIPE: exit(0)
        default:
            complain("quikko: cannot write the output: \(String(cString: strerror(errno)))")
            exit(ExitStatus.outputNotWritable.rawValue)
        }
    }

    /// The text without control characters: a server's words must not move the cursor.
    static func printable(_ text: String) -> String {
        String(text.map { $0.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control } ? $0 : "?" })
    }

    /// One line for people.
    static func complain(_ line: String) { _ = write(line + "\n", to: STDERR_FILENO) }

    /// One line for people, over the last one.
    static func complainInPlace(_ line: String) { _ = write("\r" + line + "\u{1b}[K", to: STDERR_FILENO) }

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
