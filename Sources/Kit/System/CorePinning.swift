import Glibc

/// Which core the server under test runs on and which one the driver keeps for itself.
///
/// Affinity belongs to a thread and is inherited by what it spawns: the driver moves to the server's core, spawns, and
/// moves back, so every thread of the child is born where it belongs.
struct CorePinning {
    let server: Int
    let driver: Int
    private let original: Mask

    /// A bit per core, for up to 1,024 of them.
    private typealias Mask = [UInt64]
    private static let words = 16

    /// The first two cores this process may use.
    ///
    /// - Returns: nil when there is only one, or the kernel refuses: then nothing is pinned.
    static func choose() -> CorePinning? {
        var allowed = Mask(repeating: 0, count: words)
        let size = words * MemoryLayout<UInt64>.size
        guard let get = LinuxCalls.getAffinity, get(0, size, &allowed) >= 0 else { return nil }
        let cores = (0..<words * 64).filter { core in allowed[core / 64] >> UInt64(core % 64) & 1 == 1 }
        guard cores.count >= 2 else { return nil }
        let pinning = CorePinning(server: cores[0], driver: cores[1], original: allowed)
        return pinning.move(to: pinning.driver) ? pinning : nil
    }

    /// Runs `spawn` on the server's core.
    func onServerCore<Value>(_ spawn: () throws -> Value) rethrows -> Value {
        _ = move(to: server)
        defer { _ = move(to: driver) }
        return try spawn()
    }

    /// Runs `spawn` on whatever core this thread could use before.
    func onAnyCore<Value>(_ spawn: () throws -> Value) rethrows -> Value {
        restore()
        defer { _ = move(to: driver) }
        return try spawn()
    }

    /// Gives the calling thread back the cores it had.
    func restore() {
        _ = apply(original)
    }

    /// Puts a thread, of any process of this user, on one core.
    func put(thread: Int32, on core: Int) { _ = apply(Self.only(core), to: thread) }

    private func move(to core: Int) -> Bool { apply(Self.only(core)) }

    private static func only(_ core: Int) -> Mask {
        var mask = Mask(repeating: 0, count: words)
        mask[core / 64] = 1 << UInt64(core % 64)
        return mask
    }

    /// - Parameter thread: 0 is the calling one.
    private func apply(_ mask: Mask, to thread: Int32 = 0) -> Bool {
        var mask = mask
        guard let set = LinuxCalls.setAffinity else { return false }
        return set(thread, mask.count * MemoryLayout<UInt64>.size, &mask) == 0
    }
}
