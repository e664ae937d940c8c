import Glibc

/// A listening socket that this process was started with: systemd's socket activation (sd_listen_fds(3)).
///
/// Whoever passes it keeps it open, so connections queue up in it while no server is there, and none is refused.
public struct InheritedSocket: Sendable, Equatable {
    /// The first descriptor that is passed.
    private static let first: Int32 = 3

    public let descriptor: Int32
    /// What it is bound to, in numbers.
    public let host: String
    public let port: Int

    /// Takes what `environment` says was passed to this very process; nil when nothing was.
    ///
    /// - Throws: `.invalid` when it is not one listening TCP socket.
    public static func take(_ environment: [String: String]) throws(KitError) -> InheritedSocket? {
        guard let text = environment["LISTEN_FDS"], environment["LISTEN_PID"] == "\(getpid())" else { return nil }
        // What this process starts itself was passed nothing.
        for name in ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"] { unsetenv(name) }
        guard let count = Int32(text), count > 0 else { return nil }
        guard count == 1 else {
            throw KitError(.invalid, "\(count) sockets were passed (LISTEN_FDS); pass one, for HTTP")
        }
        return try InheritedSocket(descriptor: first)
    }

    /// - Throws: `.invalid` when `descriptor` is not a listening TCP socket.
    public init(descriptor: Int32) throws(KitError) {
        guard StreamSocket.isListening(descriptor), let name = StreamSocket.localName(of: descriptor) else {
            throw KitError(.invalid, "descriptor \(descriptor) was passed (LISTEN_FDS) and is no listening TCP socket")
        }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        (self.descriptor, host, port) = (descriptor, name.host, Int(name.port))
    }
}
