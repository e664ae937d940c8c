import Glibc

/// What a plan needs of this machine, worked out before anything is opened.
enum LoadLimits {
    /// Files and pipes, log, database of a private server, event loops, calls to the API, and who clicks.
    static let otherDescriptors = 66
    /// Of the ports of one source address; the rest may be in TIME_WAIT or someone else's.
    private static let usablePorts = 0.8

    /// Raises the soft limit on open files, and chooses the addresses to connect from.
    ///
    /// - Returns: last numbers of 127.0.0.x; more than one when the ports of one do not suffice.
    /// - Throws: `.invalid` with what is needed, what there is, and what to do.
    static func prepare(for plan: LoadPlan, toLoopback: Bool) throws(KitError) -> [UInt8] {
        let connections = plan.connectionCount
        let descriptors = plan.connections + otherDescriptors + max(0, plan.clickers - 2)
        let limit = StreamSocket.raiseDescriptorLimit()
        guard descriptors <= limit else {
            throw KitError(
                .invalid,
                """
                this needs \(descriptors) open files and this shell allows \(limit); run `ulimit -n \(descriptors)` \
                first, or ask for fewer connections
                """)
        }
        let ports = Int(Double(portRange.count) * usablePorts)
        let sources = (connections + ports - 1) / max(ports, 1)
        guard toLoopback || sources <= 1 else {
            throw KitError(
                .invalid,
                """
                this needs \(connections) ports and one address has \(ports) to spare; widen \
                net.ipv4.ip_local_port_range, or ask for fewer connections
                """)
        }
        guard sources <= 250 else { throw KitError(.invalid, "this needs more ports than 127.0.0.0/24 has") }
        // One more than needed: what churns leaves ports behind for a minute.
        return toLoopback ? (1...UInt8(sources + 1)).map { $0 } : [1]
    }

    /// Ports the kernel gives to whoever connects; 32768 to 60999 where that cannot be read.
    static var portRange: ClosedRange<Int> {
        let bounds = MachineFiles.live.numbers("/proc/sys/net/ipv4/ip_local_port_range")
        guard bounds.count == 2, bounds[0] <= bounds[1] else { return 32_768...60_999 }
        return bounds[0]...bounds[1]
    }
}

extension LoadPlan {
    /// Sockets open at once, at most.
    var connectionCount: Int {
        let asked = clients.reduce(0) { $0 + $1.count }
        return (kind == .isolation ? 2 * asked : asked) + clickers * (kind == .isolation ? 2 : 1)
    }
}
