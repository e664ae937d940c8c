/// Who is measured.
enum BenchTarget: String {
    case floor, quikko
}

/// Where the measurements go.
struct BenchEndpoint {
    let port: UInt16
    /// Target of the upgrade request, with its credential.
    let subscribePath: String
    /// Short links that exist; never empty.
    let clickPaths: [String]
}

/// A server under test, as a child of this process and from the same executable.
///
/// Whoever starts one stops it: nothing else does, not even when this value is forgotten.
struct BenchServer {
    let endpoint: BenchEndpoint

    private let child: Child

    private static let readyLimit = 20.0
    private static let stopLimit = 10.0

    /// Starts it on its core and waits until it accepts.
    ///
    /// - Throws: `.failed` with the child's last words when it is not ready within 20 s; it is ended first.
    static func start(
        _ target: BenchTarget, for measurement: BenchMeasurement, pinning: CorePinning?
    ) throws -> BenchServer {
        let arguments =
            switch target {
            case .floor: ["quikko", "floor", "--port", "0", "--batch", "\(measurement.floorBatch)"]
            case .quikko: ["quikko", "serve", "--temp", "--port", "0", "--print-ready"]
            }
        let child = try Child.spawn(arguments: arguments, pinning: pinning)
        do {
            let ready = try child.firstLine(
                before: MonotonicClock.after(seconds: readyLimit), check: BenchInterrupt.check)
            guard let port = BenchText.number("port", in: ready), let port = UInt16(exactly: port) else {
                throw SystemError.failed("no port in its ready line")
            }
            let endpoint =
                switch target {
                case .floor:
                    BenchEndpoint(
                        port: port, subscribePath: "/ws?token=floor",
                        clickPaths: (1...measurement.links).map { "/pbench\($0)" })
                case .quikko: try BenchSetup(port: port, readyLine: ready).prepare(links: measurement.links)
                }
            return BenchServer(endpoint: endpoint, child: child)
        } catch {
            let lastWords = child.end(within: stopLimit)
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
        child.end(within: Self.stopLimit)
    }
}
