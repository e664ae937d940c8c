import Glibc
import NIOCore

/// Looks after a socket that refuses bytes, and ends its connection when the peer takes none. There is one only while it does.
final class StallWatch: Timed {
    private weak var connection: LiveConnection?
    private var clock: StallClock

    init(_ connection: LiveConnection, timeout: Duration, acknowledged: UInt64?) {
        self.connection = connection
        clock = StallClock(timeout: timeout.timeAmount, acknowledged: acknowledged, now: .now())
    }

    /// Looks often enough to be late by an eighth at most.
    var step: TimeAmount { max(.nanoseconds(clock.timeout.nanoseconds / 8), .milliseconds(1)) }

    func deadlineReached(_ now: NIODeadline) -> NIODeadline? {
        guard let connection, !connection.isClosing else { return nil }
        guard connection.isStalling else {
            connection.watchEnded()
            return nil
        }
        guard !clock.isOver(acknowledged: connection.acknowledged, now: now) else {
            connection.stalled()
            return nil
        }
        return now + step
    }
}

/// How long a peer has not taken one byte.
struct StallClock {
    let timeout: TimeAmount
    private var acknowledged: UInt64?
    private var since: NIODeadline

    init(timeout: TimeAmount, acknowledged: UInt64?, now: NIODeadline) {
        self.timeout = timeout
        self.acknowledged = acknowledged
        since = now
    }

    /// - Parameter acknowledged: Bytes the peer has acknowledged so far; nil when nobody can tell.
    mutating func isOver(acknowledged: UInt64?, now: NIODeadline) -> Bool {
        if acknowledged != self.acknowledged { (self.acknowledged, since) = (acknowledged, now) }
        return now - since >= timeout
    }

    /// Bytes of a TCP socket that its peer has acknowledged since it was opened; nil when the system does not say.
    static func acknowledgedBytes(of descriptor: CInt) -> UInt64? {
        // `tcpi_bytes_acked` of Linux's tcp_info, which glibc's header does not have yet.
        let offset = 120
        return withUnsafeTemporaryAllocation(byteCount: 128, alignment: 8) { info in
            var length = socklen_t(info.count)
            guard getsockopt(descriptor, CInt(IPPROTO_TCP), TCP_INFO, info.baseAddress, &length) == 0,
                Int(length) >= offset + 8
            else { return nil }
            return info.load(fromByteOffset: offset, as: UInt64.self)
        }
    }
}
