import Glibc

/// TCP as the floor and the generators need it. Descriptors are non-blocking and close on exec.
enum StreamSocket {
    /// What one receive brought.
    enum Received {
        case bytes(Int)
        case nothingYet
        case closed
    }

    /// A listening socket on 127.0.0.1; port 0 takes any free one.
    static func listen(port: UInt16) throws -> (descriptor: Int32, port: UInt16) {
        do throws(CannotListen) {
            return try listen(.loopback(port: port))
        } catch {
            throw SystemError.system("listening on 127.0.0.1:\(port)", error.code)
        }
    }

    /// What `bind` or `listen` said.
    struct CannotListen: Error {
        let code: Int32
    }

    /// A listening socket; port 0 takes any free one.
    static func listen(_ address: PeerAddress) throws(CannotListen) -> (descriptor: Int32, port: UInt16) {
        guard let descriptor = try? stream(address.family) else { throw CannotListen(code: errno) }
        set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
        var answer = address.withAddress { bind(descriptor, $0, $1) }
        if answer == 0 { answer = Glibc.listen(descriptor, 4_096) }
        guard answer == 0, let name = localName(of: descriptor) else {
            let code = errno
            close(descriptor)
            throw CannotListen(code: code)
        }
        return (descriptor, name.port)
    }

    /// Whether this is a socket of TCP that connections wait at.
    static func isListening(_ descriptor: Int32) -> Bool {
        option(descriptor, SO_TYPE) == Int32(SOCK_STREAM.rawValue) && option(descriptor, SO_ACCEPTCONN) == 1
            && option(descriptor, SO_PROTOCOL) == Int32(IPPROTO_TCP)
    }

    /// What a socket is bound to, in numbers.
    static func localName(of descriptor: Int32) -> (host: String, port: UInt16)? {
        var name = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let isKnown = withUnsafeMutablePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                getsockname(descriptor, address, &length) == 0
                    && getnameinfo(address, length, &host, socklen_t(host.count), nil, 0, NI_NUMERICHOST) == 0
            }
        }
        guard isKnown else { return nil }
        let text = host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        // The port has the same place in IPv4's address and in IPv6's.
        return (String(decoding: text, as: UTF8.self), withUnsafeBytes(of: name) { UInt16($0[2]) << 8 | UInt16($0[3]) })
    }

    private static func option(_ descriptor: Int32, _ name: Int32) -> Int32 {
        var value: Int32 = -1
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, name, &value, &length)
        return value
    }

    /// Starts connecting to 127.0.0.1:`port` from 127.0.0.`source`; writable once established.
    ///
    /// - Returns: nil when that source address has no free port left.
    static func connect(port: UInt16, source: UInt8 = 1) throws -> Int32? {
        try connect(to: .loopback(port: port), source: source)
    }

    /// Starts connecting; writable once established.
    ///
    /// - Parameters:
    ///   - source: The last number of the 127.0.0.x to connect from, to have more ports; for loopback peers.
    ///   - receiveBuffer: Bytes; set before connecting, since the window offered then is never taken back.
    /// - Returns: nil when that source address has no free port left.
    static func connect(to peer: PeerAddress, source: UInt8 = 1, receiveBuffer: Int32? = nil) throws -> Int32? {
        let descriptor = try stream(peer.family)
        if let receiveBuffer { set(descriptor, SOL_SOCKET, SO_RCVBUF, receiveBuffer) }
        set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        // Closing with a reset leaves no TIME_WAIT behind: ten thousand of those would starve the next round of ports.
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
        var answer: Int32 = 0
        if source != 1 {
            // The port is chosen at connect, so that the same one can serve different destinations.
            set(descriptor, Int32(IPPROTO_IP), IP_BIND_ADDRESS_NO_PORT, 1)
            answer = PeerAddress.loopback(host: source, port: 0).withAddress { bind(descriptor, $0, $1) }
        }
        if answer == 0 { answer = peer.withAddress { Glibc.connect(descriptor, $0, $1) } }
        if answer == 0 || errno == EINPROGRESS { return descriptor }
        let code = errno
        close(descriptor)
        if code == EADDRNOTAVAIL || code == EADDRINUSE { return nil }
        throw SystemError.system("connecting", code)
    }

    /// The next connection waiting at `listener`; negative when there is none.
    static func accept(_ listener: Int32) -> Int32 {
        if let accept = LinuxCalls.accept {
            return accept(listener, nil, nil, Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue))
        }
        let descriptor = Glibc.accept(listener, nil, nil)
        if descriptor >= 0 {
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        }
        return descriptor
    }

    /// The error a non-blocking connect ended with; 0 when it succeeded.
    static func connectError(_ descriptor: Int32) -> Int32 {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
        return code
    }

    @inline(__always)
    static func receive(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Received {
        while true {
            let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            if count > 0 { return .bytes(count) }
            if count == 0 { return .closed }
            if errno == EAGAIN { return .nothingYet }
            if errno != EINTR { return .closed }
        }
    }

    /// - Returns: bytes the kernel took, possibly 0, or nil when the connection is gone.
    @inline(__always)
    static func send(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int? {
        while true {
            let count = Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            if count >= 0 { return count }
            if errno == EAGAIN { return 0 }
            if errno != EINTR { return nil }
        }
    }

    static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Raises the soft limit on open descriptors to the hard one.
    ///
    /// - Parameter wanted: Raises a hard limit below this, too, where that is allowed.
    /// - Returns: the limit now in force; children inherit it.
    static func raiseDescriptorLimit(beyond wanted: UInt = 0) -> Int {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(resource, &limit) == 0 else { return 1_024 }
        var raised = rlimit(rlim_cur: wanted, rlim_max: wanted)
        if limit.rlim_max < wanted, setrlimit(resource, &raised) == 0 { limit = raised }
        limit.rlim_cur = limit.rlim_max
        setrlimit(resource, &limit)
        guard getrlimit(resource, &limit) == 0 else { return 1_024 }
        return Int(min(limit.rlim_cur, 1 << 20))
    }

    private static func stream(_ family: Int32) throws -> Int32 {
        let kind = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
        let descriptor = socket(family, Int32(kind), 0)
        guard descriptor >= 0 else { throw SystemError.system("opening a socket", errno) }
        return descriptor
    }
}
