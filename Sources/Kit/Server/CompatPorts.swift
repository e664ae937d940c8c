import Glibc
import NIOCore

/// Listeners besides the configured one: a port of this machine for each further entrance, where unmodified clients of the
/// originals look for them.
struct CompatPorts: Sendable {
    /// Those open, by entrance; of a port 0 the one the kernel chose.
    private(set) var ports: [(entrance: Entrance, port: Int)] = []
    private var closing: [@Sendable () async throws -> Void] = []

    /// - Parameter listen: Opens one.
    /// - Throws: what it throws; then none is open.
    init(
        _ wanted: [Entrance: Int],
        listen: (Entrance) async throws(KitError) -> (port: Int, close: @Sendable () async throws -> Void)
    ) async throws(KitError) {
        for entrance in Entrance.allCases where wanted[entrance] != nil {
            do throws(KitError) {
                let (port, close) = try await listen(entrance)
                ports.append((entrance, port))
                closing.append(close)
            } catch {
                await close()
                throw error
            }
        }
    }

    func close() async { for close in closing { try? await close() } }

    static func cannotListen(_ code: Int32, _ entrance: Entrance, _ port: Int) -> KitError {
        let reason = code == EADDRINUSE ? "is taken" : "cannot be opened: \(String(cString: strerror(code)))"
        return KitError(
            .unavailable,
            "port \(port), which --compat-ports opens for \(entrance.rawValue), \(reason); stop the other program, or leave --compat-ports out"
        )
    }
}
