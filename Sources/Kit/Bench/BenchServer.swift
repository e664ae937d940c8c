/// What is measured.
enum BenchTarget: String {
    case floor, quikko
}

/// Where the measurements go.
struct BenchEndpoint {
    let port: UInt16
    /// Target of the upgrade request of a subscriber, with its credential; in it `%` is the number of its link.
    let subscribePath: String
    /// Short links that exist: `/pbench1` to this one.
    let links: Int
    /// What a subscriber says once it is open, as bytes of its socket.
    var hello: [UInt8] = []
    /// Messages each gets before the first click.
    var greetings = 0

    func clickPath(_ number: Int) -> String { "/pbench\(number % links + 1)" }

    /// The upgrade request of the subscriber with this number, from 0 up.
    func upgrade(_ number: Int) -> [UInt8] {
        let path = subscribePath.split(separator: "%", omittingEmptySubsequences: false)
            .joined(separator: "\(number % links + 1)")
        return Array(
            """
            GET \(path) HTTP/1.1\r
            Host: 127.0.0.1:\(port)\r
            Upgrade: websocket\r
            Connection: Upgrade\r
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
            Sec-WebSocket-Version: 13\r
            \r\n
            """.utf8
        )
    }
}

extension BenchEndpoint {
    /// Subscribers are dashboards of the first link. A session is pinged after 23 s, which no measurement waits for.
    static func socketIO(port: UInt16, links: Int, token: String) -> BenchEndpoint {
        let hello =
            frame(#"40/dashboard,{"token":"\#(token)"}"#)
            + frame(#"42/dashboard,["subscribe",{"entityId":"pbench1","entityType":"link"}]"#)
        // Opened, joined, and what there was.
        return BenchEndpoint(
            port: port, subscribePath: "/socket.io/?EIO=4&transport=websocket", links: links, hello: hello,
            greetings: 3)
    }

    /// A text frame of at most 64 KiB under a mask of zeros: there are no proxies here to protect.
    private static func frame(_ text: String) -> [UInt8] {
        let payload = Array(text.utf8)
        let length: [UInt8] =
            payload.count < 126
            ? [0x80 | UInt8(payload.count)] : [0xFE, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        return [0x81] + length + [0, 0, 0, 0] + payload
    }
}

/// A server under test, as a child of this process and from the same executable.
///
/// Whoever starts one stops it: nothing else does, not even when this value is forgotten.
struct BenchServer {
    let endpoint: BenchEndpoint
    /// From starting the process to its ready line.
    let startMilliseconds: Double

    private let child: Child
    private let directory: BenchDirectory?

    private static let readyLimit = 60.0
    private static let stopLimit = 10.0

    /// Starts it and waits until it accepts.
    ///
    /// - Throws: `.failed` with the child's last words when it is not ready within 60 s; it is ended first.
    static func start(_ side: BenchSide, pinning: CorePinning?) throws -> BenchServer {
        let directory = side.target == .quikko ? try BenchDirectory(links: side.links) : nil
        let arguments =
            switch side.target {
            case .floor: ["quikko", "floor", "--port", "0", "--batch", "\(side.floorBatch)"]
            case .quikko:
                ["quikko", "serve", "--data-dir", directory?.path ?? "", "--port", "0", "--print-ready"]
                    + (side.loops.map { ["--loops", "\($0)"] } ?? []) + ["--stall-timeout", "10m"]
            }
        let start = MonotonicClock.now()
        let child: Child
        do {
            child = try Child.spawn(
                arguments: arguments, pinning: pinning, isSpread: !side.isAlone, environment: directory?.environment)
        } catch {
            directory?.remove()
            throw error
        }
        do {
            let ready = try child.firstLine(
                before: MonotonicClock.after(seconds: readyLimit), check: BenchInterrupt.check)
            let milliseconds = Double(MonotonicClock.now() - start) / Double(MonotonicClock.millisecond)
            guard let port = BenchText.number("port", in: ready), let port = UInt16(exactly: port) else {
                throw SystemError.failed("no port in its ready line")
            }
            let rooms = side.isApart
            let endpoint =
                switch side.target {
                case .quikko where side.speaksSocketIO:
                    BenchEndpoint.socketIO(
                        port: port, links: side.links, token: try BenchSetup(port: port, readyLine: ready).token())
                case .floor:
                    BenchEndpoint(port: port, subscribePath: rooms ? "/ws/%" : "/ws/1", links: side.links)
                case .quikko:
                    BenchEndpoint(
                        port: port,
                        subscribePath: "/ws?token=\(try BenchSetup(port: port, readyLine: ready).token())"
                            + (rooms ? "&rooms=url:pbench%" : ""),
                        links: side.links)
                }
            return BenchServer(
                endpoint: endpoint, startMilliseconds: milliseconds, child: child, directory: directory)
        } catch {
            let lastWords = child.end(within: stopLimit)
            directory?.remove()
            if error as? SystemError == .interrupted { throw error }
            throw SystemError.failed("did not start: \(error)\(lastWords)")
        }
    }

    var process: Int32 { child.process }

    /// SIGTERM, then after 10 s SIGKILL; returns when the child is gone.
    ///
    /// - Returns: the end of what it wrote to standard error.
    @discardableResult
    func stop() -> String {
        defer { directory?.remove() }
        return child.end(within: Self.stopLimit)
    }
}
